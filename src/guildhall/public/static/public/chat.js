// The chat page: merges new messages into the list without redrawing it, keeps the end in view, sends on Enter, and in
// another site's frame keeps the visitor's pass. Without scripts the forms work by themselves.
(() => {
  const chat = document.querySelector(".chat");
  const main = document.querySelector(".chat-main");
  if (!chat || !main) return;
  const PASS = "guildhall_chat";
  const HEADER = "X-Guildhall-Chat";
  const embedded = chat.dataset.embed === "1";

  const atEnd = () => main.scrollHeight - main.scrollTop - main.clientHeight < 80;
  const toEnd = () => { main.scrollTop = main.scrollHeight; };

  // The server knows no visitor's zone; their browser does. UTC stays in the tooltip.
  const language = document.documentElement.lang || "en";
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const dated = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  function tellTimes(root) {
    for (const node of root.querySelectorAll("time[datetime]")) {
      const at = new Date(node.dateTime);
      node.textContent = (at.toDateString() === new Date().toDateString() ? clock : dated).format(at);
    }
  }

  // Only what changed is touched: a screen reader then speaks only of that, and nobody loses their place.
  function merge(list, fresh) {
    const held = new Map([...list.children].map((row) => [row.dataset.key, row]));
    let place = list.firstElementChild;
    for (const row of [...fresh.children]) {
      const old = held.get(row.dataset.key);
      held.delete(row.dataset.key);
      if (old && old.dataset.rev === row.dataset.rev) {
        if (old === place) place = place.nextElementSibling;
        else list.insertBefore(old, place);
      } else {
        tellTimes(row);
        list.insertBefore(row, place);
        if (old) {
          if (old === place) place = place.nextElementSibling;
          old.remove();
        }
        window.htmx.process(row);
      }
    }
    for (const gone of held.values()) gone.remove();
  }

  window.htmx.defineExtension("keyed", {
    isInlineSwap: (style) => style === "keyed",
    handleSwap(style, target, fragment) {
      if (style !== "keyed") return false;
      const fresh = fragment.querySelector(".chat-rows");
      const list = target.querySelector(".chat-rows");
      if (!fresh || !list) return false;
      const stay = atEnd();
      target.querySelector("[name=have]").value = fragment.querySelector("[name=have]").value;
      merge(list, fresh);
      if (stay) toEnd();
      return [];
    },
  });

  // Refusals appear beside the box, which keeps its text.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status >= 400 && event.detail.xhr.getResponseHeader("HX-Retarget")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches("textarea[data-enter]") || event.key !== "Enter") return;
    if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (event.target.value.trim()) event.target.form.requestSubmit();
  });

  if (embedded) {
    const held = () => { try { return localStorage.getItem(PASS); } catch { return null; } };
    const hold = (value) => { try { localStorage.setItem(PASS, value); } catch { /* private mode: this visit only */ } };
    const drop = () => { try { localStorage.removeItem(PASS); } catch { /* nothing was kept */ } };
    let current = held();
    document.addEventListener("htmx:configRequest", (event) => {
      if (current) event.detail.headers[HEADER] = current;
    });
    document.addEventListener("htmx:afterOnLoad", (event) => {
      const given = event.detail.xhr.getResponseHeader(HEADER);
      if (given === "gone") { current = null; drop(); } else if (given) { current = given; hold(given); }
    });
    const again = chat.querySelector("[data-composer]")?.dataset.composer;
    if (current && again) window.addEventListener("load", () => {
      window.htmx.ajax("GET", again, { target: "#composer", swap: "outerHTML" });
      document.body.dispatchEvent(new Event("chat-changed"));
    });
  }

  document.addEventListener("htmx:load", (event) => tellTimes(event.detail.elt));
  tellTimes(chat);
  toEnd();
})();
