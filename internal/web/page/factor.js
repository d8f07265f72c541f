// Asks a security key (WebAuthn) before a form is sent, and puts its answer into the form. Only the pages on which a
// key is asked load this.
(() => {
  const form = document.querySelector("form[data-factor]");
  if (!form) return;
  const says = form.querySelector("[data-factor-says]");
  const field = form.querySelector("input[name=factor-answer]");
  form.addEventListener("submit", async ev => {
    ev.preventDefault();
    if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) {
      says.textContent = "This browser cannot speak to security keys here: it needs a newer one, and TLS or localhost.";
      return;
    }
    try {
      const options = JSON.parse(form.dataset.options);
      says.textContent = "Touch your security key now.";
      const answer = form.dataset.factor === "enrol"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      field.value = JSON.stringify(answer.toJSON());
      form.submit();
    } catch (e) {
      says.textContent = "The security key did not answer (" + (e.name || e) + "). Try again.";
    }
  });
})();
