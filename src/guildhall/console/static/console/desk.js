// What the inbox needs from the browser: time left counted down, the place kept while lists refresh, the composer
// (drafts, macros, mentions, files), taking an answer back. Everything works without it except the comforts.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const said = JSON.parse(document.getElementById("desk-words")?.textContent || "{}");
const fill = (text, value) => (text || "%").replace("%", value);

// --- time left -------------------------------------------------------------------------------------------------

function length(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return fill(said.seconds, s);
  if (s < 3600) return fill(said.minutes, Math.floor(s / 60));
  if (s < 86400) return (said.hours || "% h #").replace("%", Math.floor(s / 3600)).replace("#", String(Math.floor((s % 3600) / 60)).padStart(2, "0"));
  return fill(said.days, Math.floor(s / 86400));
}

function tick() {
  const now = Date.now();
  for (const node of $$("time[data-due]")) {
    const left = (Date.parse(node.dateTime) - now) / 1000;
    const text = left <= 0 ? fill(said.late, length(-left)) : length(left);
    if (node.textContent !== text) node.textContent = text;
    if (left <= 0) node.classList.replace("good", "late") || node.classList.replace("soon", "late");
    else if (left < Number(node.dataset.soon)) node.classList.replace("good", "soon");
  }
  for (const node of $$("[data-held-until]")) {
    const left = Math.ceil((Date.parse(node.dataset.heldUntil) - now) / 1000);
    const number = $("[data-left]", node);
    if (number) number.textContent = Math.max(0, left);
    if (left <= 0) {
      for (const button of $$("button", node)) button.disabled = true;
      node.classList.add("gone");
    }
  }
}

tick();
setInterval(tick, 1000);

// --- lists that refresh under the hand -------------------------------------------------------------------------

const place = {};

function keepPlace() {
  const list = $("#tickets");
  if (!list) return;
  const items = $$("[data-list-item]", list);
  const at = items.indexOf(document.activeElement);
  place.at = at;
  place.id = at >= 0 ? items[at].closest("[data-id]").dataset.id : "";
  place.checked = new Set($$("input[name=ticket]:checked", list).map((box) => box.value));
  place.scroll = list.closest(".desk-queue")?.scrollTop ?? 0;
}

function findPlace() {
  const list = $("#tickets");
  if (!list) return;
  for (const box of $$("input[name=ticket]", list)) box.checked = place.checked?.has(box.value) ?? false;
  const column = list.closest(".desk-queue");
  if (column && place.scroll) column.scrollTop = place.scroll;
  if (place.at >= 0) {
    const same = place.id && $(`[data-id="${CSS.escape(place.id)}"] [data-list-item]`, list);
    const items = $$("[data-list-item]", list);
    (same || items[Math.min(place.at, items.length - 1)])?.focus({ preventScroll: true });
  }
  document.dispatchEvent(new Event("change"));
}

// Rows do not move away under a pointer or out of a selection: the list waits until the hand is off it.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target?.id !== "tickets") return;
  const list = event.detail.target;
  if (list.matches(":hover") || $("input[name=ticket]:checked", list)) {
    event.detail.shouldSwap = false;
    return;
  }
  keepPlace();
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target?.id === "tickets") findPlace();
  if (event.detail.target?.id === "talk" && talk.wasAtEnd) toEnd();
  tick();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== "x") return;
  const team = $("#esc-team");
  if (team && !event.target.matches("input, textarea, select") && !$("dialog[open]")) {
    team.closest("details").open = true;
    team.focus();
    event.preventDefault();
    return;
  }
  const line = document.activeElement?.closest("#tickets [data-id]");
  const box = line && $("input[name=ticket]", line);
  if (!box || document.activeElement.matches("input, textarea, select")) return;
  event.preventDefault();
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
});

// --- the talk ----------------------------------------------------------------------------------------------------

const talk = { wasAtEnd: true };
const newest = () => $("#talk")?.lastElementChild;
const atEnd = () => (newest()?.getBoundingClientRect().bottom ?? 0) < innerHeight + 120;
const toEnd = () => newest()?.scrollIntoView({ block: "end" });

if ($("#talk")) {
  if (!location.hash && !$("#talk").hasAttribute("data-earlier")) toEnd();
  addEventListener("scroll", () => (talk.wasAtEnd = atEnd()), { passive: true });
  $(".desk-queue [aria-current]")?.scrollIntoView({ block: "nearest" });
}

// --- the composer ------------------------------------------------------------------------------------------------

const composer = $("#composer");
const words = composer && $("textarea[name=text]", composer);
let wrote = 0;

if (composer) {
  const draft = `desk:${composer.dataset.ticket}`;
  if (!words.value && sessionStorage.getItem(draft)) {
    words.value = sessionStorage.getItem(draft);
    say($("[data-draft]", composer), true);
  }
  grow();
  words.addEventListener("input", () => {
    wrote = Date.now();
    sessionStorage.setItem(draft, words.value);
    say($("[data-draft]", composer), false);
    grow();
  });
  composer.addEventListener("submit", () => sessionStorage.removeItem(draft));
  composer.addEventListener("change", (event) => {
    if (event.target.name === "where") composer.dataset.where = event.target.value;
    if (event.target.name === "files") listFiles();
  });
}

function say(node, shown) {
  if (node) node.hidden = !shown;
}

function grow() {
  words.style.height = "auto";
  words.style.height = `${Math.min(words.scrollHeight + 2, innerHeight * 0.4)}px`;
}

function compose(where) {
  if (!composer) return;
  const named = $(`input[name=where][value="${CSS.escape(where)}"]`, composer);
  const choice = named || $("input[name=where]:checked:not([value=note])", composer) || $("input[name=where]:not([value=note])", composer);
  if (choice) {
    choice.checked = true;
    composer.dataset.where = choice.value;
  }
  composer.classList.add("open");
  words.focus();
  words.setSelectionRange(words.value.length, words.value.length);
}

// A refused answer stands in the box again: who writes on does so behind its words.
if (words?.autofocus) words.setSelectionRange(words.value.length, words.value.length);

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-compose]");
  if (opener) compose(opener.dataset.compose);
  if (event.target.closest("[data-compose-close]")) composer?.classList.remove("open");
  const macro = event.target.closest("[data-macro]");
  if (macro) insertMacro(macro);
});

document.addEventListener("keydown", (event) => {
  if (!composer) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && composer.contains(event.target)) {
    event.preventDefault();
    composer.requestSubmit($(event.shiftKey ? "[data-send=solved]" : "[data-send='']", composer));
  } else if (event.key === "Escape" && event.target === words && !mention.open) {
    words.blur();
    composer.classList.remove("open");
  }
});

// Whoever leaves the page is not at the ticket any more.
const leave = $("[data-leave]")?.dataset.leave;
if (leave) {
  addEventListener("pagehide", () => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", $("meta[name=csrf-token]")?.content ?? "");
    navigator.sendBeacon(leave, body);
  });
}

// The server is told whether somebody writes, so that two do not answer one question.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id !== "live") return;
  if (Date.now() - wrote < 8000) event.detail.parameters.writing = "1";
});

// --- files ------------------------------------------------------------------------------------------------------

function listFiles() {
  const field = $("input[name=files]", composer);
  const list = $("[data-files]", composer);
  list.replaceChildren(...[...field.files].map((file) => Object.assign(document.createElement("li"), { textContent: file.name, className: "tag" })));
}

function addFiles(files) {
  if (!files?.length) return false;
  const field = $("input[name=files]", composer);
  const all = new DataTransfer();
  for (const file of [...field.files, ...files]) all.items.add(file);
  field.files = all.files;
  listFiles();
  return true;
}

if (composer) {
  for (const name of ["dragover", "drop"])
    composer.addEventListener(name, (event) => {
      if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
      event.preventDefault();
      composer.classList.toggle("dropping", name === "dragover");
      if (name === "drop") addFiles(event.dataTransfer.files);
    });
  composer.addEventListener("dragleave", () => composer.classList.remove("dropping"));
  words.addEventListener("paste", (event) => addFiles(event.clipboardData?.files) && event.preventDefault());
}

// --- macros ------------------------------------------------------------------------------------------------------

function insertMacro(button) {
  const text = $("[data-macro-text]", button).textContent;
  const at = words.selectionStart ?? words.value.length;
  words.setRangeText(text, at, words.selectionEnd ?? at, "end");
  $("input[name=macro_id]", composer).value = button.dataset.macro;
  button.closest("dialog")?.close();
  compose(button.dataset.where === "note" ? "note" : "reply");
  words.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.("[data-picker]");
  if (!list || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  const choices = $$("[data-choice]", list);
  const at = choices.indexOf(document.activeElement);
  if (event.key === "Enter") {
    if (at < 0 && choices.length) {
      event.preventDefault();
      choices[0].click();
    }
    return;
  }
  event.preventDefault();
  choices[Math.max(0, Math.min(choices.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))]?.focus();
});

// --- mentions ---------------------------------------------------------------------------------------------------

const mention = { open: false, from: 0 };
const box = $("#mention");

async function offer() {
  const upTo = words.value.slice(0, words.selectionStart);
  const found = /(^|\s)@([^\s@]{0,30})$/u.exec(upTo);
  if (!box || !found || composer.dataset.where !== "note") return hideMentions();
  mention.from = words.selectionStart - found[2].length - 1;
  const answer = await fetch(`${box.dataset.url}?q=${encodeURIComponent(found[2])}`, { credentials: "same-origin" });
  if (!answer.ok) return hideMentions();
  const names = (await answer.json()).names;
  box.replaceChildren(...names.map((name, n) => Object.assign(document.createElement("li"), { textContent: name, role: "option", ariaSelected: String(n === 0) })));
  mention.open = names.length > 0;
  box.hidden = !mention.open;
}

function hideMentions() {
  mention.open = false;
  if (box) box.hidden = true;
}

function takeMention(node) {
  words.setRangeText(`@${node.textContent} `, mention.from, words.selectionStart, "end");
  hideMentions();
  words.dispatchEvent(new Event("input", { bubbles: true }));
  words.focus();
}

if (words && box) {
  words.addEventListener("input", offer);
  words.addEventListener("blur", () => setTimeout(hideMentions, 150));
  box.addEventListener("mousedown", (event) => {
    const node = event.target.closest("li");
    if (node) {
      event.preventDefault();
      takeMention(node);
    }
  });
  words.addEventListener("keydown", (event) => {
    if (!mention.open) return;
    const names = $$("li", box);
    const at = names.findIndex((node) => node.ariaSelected === "true");
    if (event.key === "Escape") hideMentions();
    else if (event.key === "Enter" || event.key === "Tab") takeMention(names[at]);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = (at + (event.key === "ArrowDown" ? 1 : names.length - 1)) % names.length;
      names.forEach((node, n) => (node.ariaSelected = String(n === next)));
    } else return;
    event.preventDefault();
  });
}
