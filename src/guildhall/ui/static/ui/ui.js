// What every page needs from the browser: toasts, dialogs, keyboard, relative times, theme, copying, charts.
// Everything works without it except the comforts. No dependencies; the content security policy stays strict.

const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const html = document.documentElement;
const words = JSON.parse(document.getElementById("ui-words")?.textContent || "{}");

// --- toasts ---------------------------------------------------------------------------------------------------

function toast(text, level = "info") {
  const box = document.querySelector(".toasts");
  const shape = document.getElementById("toast-shape");
  if (!box || !shape || !text) return;
  const node = shape.content.firstElementChild.cloneNode(true);
  node.classList.add(level);
  node.querySelector("p").textContent = text;
  box.append(node);
  fade(node, level);
}

// An error stays until it is closed: nobody should have to read against a clock.
function fade(node, level) {
  if (level !== "error" && level !== "warning") setTimeout(() => node.remove(), 6000);
}

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  toast(status === 403 ? words.forbidden : words.failed, "error");
});
document.addEventListener("htmx:sendError", () => toast(words.offline, "error"));

// --- dialogs --------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
    return;
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast, .notice")?.remove();
  if (event.target.matches("dialog[open]")) event.target.close();
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
});

async function copy(button) {
  const source = document.getElementById(button.dataset.copyFrom);
  const text = source ? source.textContent : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
    toast(words.copied, "success");
  } catch {
    toast(words.copy_failed, "warning");
  }
}

// --- keyboard -------------------------------------------------------------------------------------------------
// data-key="y" on a link or button: that key presses it. data-list + data-list-item: J and K walk the list.

const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

function walk(step) {
  const items = $$("[data-list] [data-list-item]").filter((node) => node.offsetParent);
  if (!items.length) return;
  const at = items.findIndex((node) => node === document.activeElement || node.closest("[aria-current]"));
  const next = items[Math.min(items.length - 1, Math.max(0, at + step))];
  if (!next || items.indexOf(next) === at) return;
  next.focus();
  if (next.closest("[data-list]").dataset.list === "open") next.click();
}

document.addEventListener("keydown", (event) => {
  const find = document.getElementById("find");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    find?.focus();
    find?.select();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  const sought = document.querySelector("[data-find]") || find; // a list with a search of its own comes first
  if (key === "/" && sought) {
    event.preventDefault();
    sought.focus();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else if (key === "j" || key === "k") {
    walk(key === "j" ? 1 : -1);
  } else {
    const target = $$(`[data-key="${CSS.escape(key)}"]`).find((node) => node.offsetParent && !node.disabled);
    if (target) {
      event.preventDefault();
      target.click();
    }
  }
});

// --- times ----------------------------------------------------------------------------------------------------

const relative = new Intl.RelativeTimeFormat(html.lang || "en", { numeric: "auto", style: "short" });
const steps = [["day", 86400], ["hour", 3600], ["minute", 60]];

function tellTimes(root = document) {
  for (const node of $$("time[data-relative]", root)) {
    const seconds = (new Date(node.dateTime) - Date.now()) / 1000;
    if (Math.abs(seconds) > 7 * 86400) continue;
    const step = steps.find(([, size]) => Math.abs(seconds) >= size);
    node.textContent = step ? relative.format(Math.trunc(seconds / step[1]), step[0]) : words.just_now;
  }
}

// --- forms ----------------------------------------------------------------------------------------------------

document.addEventListener("change", (event) => {
  if (event.target.closest("form[data-autosubmit]")) event.target.form.requestSubmit();
  const all = event.target.closest("[data-check-all]");
  const within = all?.hasAttribute("data-check-within") ? all.form : document;
  if (all) for (const box of $$(`input[name="${CSS.escape(all.dataset.checkAll)}"]`, within)) box.checked = all.checked;
  countChecked();
});

function countChecked() {
  for (const node of $$("[data-checked]")) {
    const n = $$(`input[name="${CSS.escape(node.dataset.checked)}"]:checked`).length;
    node.textContent = n;
    const holder = node.closest("[data-when-checked]");
    if (holder) holder.hidden = n === 0;
  }
}

// A form sent twice by an impatient hand is sent once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
  const choice = form.matches("[data-theme-form]") && event.submitter?.value;
  if (choice) {
    event.preventDefault();
    delete form.dataset.sent;
    chooseTheme(form, choice);
  }
});

function chooseTheme(form, choice) {
  const body = new FormData(form);
  body.set("theme", choice);
  fetch(form.action, { method: "POST", body, credentials: "same-origin" });
  if (choice === "auto") delete html.dataset.theme;
  else html.dataset.theme = choice;
  for (const button of $$("[data-theme-form] button")) button.setAttribute("aria-pressed", button.value === choice);
  drawCharts(true);
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

// A poll that nobody can see is a wasted query, and one under somebody's keyboard would take their place away.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  const polling = elt.getAttribute("hx-trigger")?.includes("every") && elt.dataset.polled;
  elt.dataset.polled = "1";
  const busy = document.hidden || document.querySelector("dialog[open]") || elt.contains(document.activeElement);
  if (polling && busy) event.preventDefault();
});

// --- charts ---------------------------------------------------------------------------------------------------

let vega;
function loadVega() {
  vega ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = html.dataset.vega;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return vega;
}

function isDark() {
  return html.dataset.theme ? html.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

async function drawCharts(again = false) {
  const figures = $$("figure.chart[data-spec]").filter((node) => again || !node.dataset.drawn);
  if (!figures.length) return;
  for (const figure of figures) figure.dataset.drawn = "1";
  try {
    await loadVega();
  } catch {
    for (const figure of figures) figure.querySelector(".chart-fail").hidden = false;
    return;
  }
  for (const figure of figures) {
    const both = JSON.parse(document.getElementById(figure.dataset.spec).textContent);
    const box = figure.querySelector(".chart-box");
    const spec = { ...both.spec, config: isDark() ? both.dark : both.light };
    const result = await window.vegaEmbed(box, spec, { ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true, theme: "house" } });
    result.view.container()?.querySelector("svg")?.setAttribute("aria-hidden", "true");
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawCharts(true));

// --- start ----------------------------------------------------------------------------------------------------

function start(root = document) {
  tellTimes(root);
  countChecked();
  drawCharts();
  for (const node of $$(".toasts .toast:not([data-seen])")) {
    node.dataset.seen = "1";
    fade(node, node.dataset.level);
  }
  const errors = root.querySelector?.("form[method=post] .errors[data-focus]");
  if (errors) errors.focus();
}

start();
setInterval(tellTimes, 30000);
document.addEventListener("htmx:afterSettle", (event) => start(event.detail.elt.parentElement || document));
