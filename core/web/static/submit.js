// Asking before a serious step, and sending a form once only.

const words = document.body.dataset;

function button(text, look, value) {
  const made = document.createElement("button");
  made.className = `btn ${look}`;
  made.value = value;
  made.textContent = text;
  return made;
}

function ask(question, yesText) {
  if (!window.HTMLDialogElement) return Promise.resolve(window.confirm(question));
  const box = document.createElement("dialog");
  const text = document.createElement("p");
  const form = document.createElement("form");
  box.className = "confirm";
  form.method = "dialog";
  text.id = "confirm-question";
  text.textContent = question;
  box.setAttribute("aria-labelledby", text.id);
  form.append(button(words.cancel, "btn-outline-primary", "no"), button(yesText, "btn-primary", "yes"));
  box.append(text, form);
  document.body.append(box);
  box.showModal();
  return new Promise((answer) => {
    box.addEventListener("close", () => {
      box.remove();
      answer(box.returnValue === "yes");
    });
  });
}

/** Buttons with data-confirm="question" submit only after a yes. */
export function confirmBeforeSubmit() {
  document.addEventListener("click", async (event) => {
    const pressed = event.target.closest?.("button[data-confirm]");
    if (!pressed || pressed.dataset.confirmed || !pressed.form) return;
    event.preventDefault();
    if (!(await ask(pressed.dataset.confirm, pressed.textContent.trim() || words.confirm))) return pressed.focus();
    pressed.dataset.confirmed = "yes";
    pressed.click();
    delete pressed.dataset.confirmed;
  });
}

/** A second click while the first is on its way is dropped. */
export function submitOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sending) return event.preventDefault();
    if (event.defaultPrevented) return;
    form.dataset.sending = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // The back button shows the page as it was left: let it send again.
  window.addEventListener("pageshow", () => {
    delete form.dataset.sending;
    form.querySelectorAll("[aria-busy]").forEach((busy) => busy.removeAttribute("aria-busy"));
  });
}
