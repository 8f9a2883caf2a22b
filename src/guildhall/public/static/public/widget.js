// Puts a Guildhall chat on another site: <script src="https://your.house/chat/SPACE/widget.js" async></script>
// Optional on the script: data-label="Chat with us", data-lang="zh-hans". The site must be among the space's allowed origins.
(() => {
  const script = document.currentScript;
  if (!script || window.guildhallChat) return;
  window.guildhallChat = true;
  const language = script.dataset.lang || document.documentElement.lang || "";
  const chinese = language.toLowerCase().startsWith("zh");
  const label = script.dataset.label || (chinese ? "在线聊天" : "Chat");
  const close = chinese ? "关闭聊天" : "Close the chat";
  const address = new URL("embed", script.src);
  if (script.dataset.lang) address.searchParams.set("lang", script.dataset.lang);

  const style = (node, rules) => Object.assign(node.style, rules);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-expanded", "false");
  style(button, {
    position: "fixed", right: "16px", bottom: "16px", zIndex: "2147483000", border: "0", borderRadius: "24px",
    padding: "12px 20px", minHeight: "44px", background: "#1b5b57", color: "#fff", font: "600 15px system-ui, sans-serif",
    cursor: "pointer", boxShadow: "0 6px 24px rgb(0 0 0 / 25%)",
  });
  let frame = null;

  function open() {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.src = address.href;
      frame.title = label;
      style(frame, {
        position: "fixed", right: "16px", bottom: "72px", zIndex: "2147483000", width: "min(380px, calc(100vw - 32px))",
        height: "min(600px, calc(100vh - 96px))", border: "1px solid rgb(0 0 0 / 15%)", borderRadius: "12px",
        boxShadow: "0 12px 40px rgb(0 0 0 / 30%)", background: "#fff", colorScheme: "normal",
      });
      document.body.append(frame);
    }
    const opening = button.getAttribute("aria-expanded") === "false";
    frame.hidden = !opening;
    frame.style.display = opening ? "block" : "none";
    button.setAttribute("aria-expanded", String(opening));
    button.textContent = opening ? close : label;
    if (opening) frame.focus();
  }

  button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && button.getAttribute("aria-expanded") === "true") { open(); button.focus(); }
  });
  const start = () => document.body.append(button);
  if (document.body) start(); else document.addEventListener("DOMContentLoaded", start);
})();
