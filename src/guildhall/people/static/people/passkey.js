// Passkeys: asks the browser for a key or makes one, puts the answer into the form and sends it.
// A form says what it wants with data-passkey: sign-in (options are fetched), confirm or add (options are in the page).

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withIds = (list) => (list || []).map((entry) => ({ ...entry, id: toBytes(entry.id) }));

function requestOptions(options) {
  const key = options.publicKey;
  return { publicKey: { ...key, challenge: toBytes(key.challenge), allowCredentials: withIds(key.allowCredentials) } };
}

function creationOptions(options, alone) {
  const key = options.publicKey;
  const selection = { ...key.authenticatorSelection, residentKey: alone ? "required" : "discouraged", requireResidentKey: alone };
  if (alone) selection.userVerification = "required";
  return {
    publicKey: {
      ...key,
      authenticatorSelection: selection,
      challenge: toBytes(key.challenge),
      user: { ...key.user, id: toBytes(key.user.id) },
      excludeCredentials: withIds(key.excludeCredentials),
    },
  };
}

function answerOf(credential) {
  const said = credential.response;
  const response = { clientDataJSON: toText(said.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (said[name]) response[name] = toText(said[name]);
  }
  if (said.getTransports) response.transports = said.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment || undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

async function ask(form) {
  if (form.dataset.passkey === "sign-in") {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new TypeError("unreachable");
    return navigator.credentials.get(requestOptions((await answer.json()).request_options));
  }
  const given = JSON.parse(document.getElementById("passkey-options").textContent);
  if (form.dataset.passkey === "confirm") return navigator.credentials.get(requestOptions(given.request_options));
  const alone = form.elements.passwordless?.checked || false;
  return navigator.credentials.create(creationOptions(given.creation_options, alone));
}

function say(form, why) {
  const status = form.querySelector("[data-passkey-status]");
  status.textContent = status.dataset[why];
  status.hidden = false;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (!window.PublicKeyCredential) return say(form, "unsupported");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      form.elements.credential.value = answerOf(await ask(form));
      form.submit();
    } catch (error) {
      say(form, error instanceof TypeError ? "unreachable" : error.name === "SecurityError" ? "unsupported" : "failed");
    } finally {
      button.disabled = false;
    }
  });
}
