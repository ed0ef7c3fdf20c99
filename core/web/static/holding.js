// A report's form while its files are on their way: submitting waits for them, a draft is saved without leaving the page.

/** Parts of the page that a saved draft brings anew. */
const PARTS = ["attached", "offered"];

function note(box) {
  const place = document.createElement("p");
  place.className = "note tone-info upload-hold";
  place.tabIndex = -1;
  place.setAttribute("role", "status");
  place.hidden = true;
  box.root.append(place);
  return (text, tone = "info") => {
    const appears = place.hidden && text;
    place.hidden = !text;
    place.className = `note tone-${tone} upload-hold`;
    place.textContent = text;
    if (appears) place.scrollIntoView({ block: "center" });
  };
}

export function holdForm(box) {
  const { form } = box;
  const say = note(box);
  let pressed = null;
  let refusedBefore = 0;
  const refused = () => box.lines.filter((line) => line.state === "refused").length - refusedBefore;
  const give = () => {
    pressed = null;
    say(box.say("stuck", { count: box.stuck().length + refused() }), "warning");
  };

  form.addEventListener("submit", (event) => {
    if (!event.isTrusted && !event.submitter) return;
    const busy = box.busy(), stuck = box.stuck();
    if (!busy.length && !stuck.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.submitter?.value === "save") return void saveDraft(box, event.submitter, say);
    pressed = event.submitter;
    refusedBefore += refused();
    if (busy.length) say(box.say("left", { count: busy.length + stuck.length }));
    else give();
  }, { capture: true });

  box.root.addEventListener("settled", () => {
    if (!pressed) return;
    const waiting = box.busy().length;
    if (waiting) return say(box.say("left", { count: waiting + box.stuck().length }));
    if (box.stuck().length || refused()) return give();
    const button = pressed;
    pressed = null;
    say("");
    form.requestSubmit(button);
  });
}

/** Sends the form as it is and stays here: the page takes over what the server's page says. */
async function saveDraft(box, button, say) {
  const { form } = box;
  if (form.dataset.saving) return;
  form.dataset.saving = "yes";
  say(box.say("saving"));
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form, button) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const theirs = page.querySelector("[name=version]")?.form;
    if (!theirs || (!answer.ok && answer.status !== 422)) throw new Error(`draft: ${answer.status}`);
    takeOver(box, page, theirs);
    if (answer.redirected) history.replaceState(null, "", answer.url);
    say(page.querySelector(".form-errors") ? "" : box.say("saved"), "success");
  } catch (error) {
    console.warn(error);
    say(box.say("not-saved"), "danger");
  } finally {
    delete form.dataset.saving;
  }
}

function takeOver(box, page, theirs) {
  const { form } = box;
  form.action = theirs.getAttribute("action");
  form.elements.key.value = theirs.elements.key.value;
  const version = form.elements.version ?? form.appendChild(theirs.elements.version.cloneNode());
  version.value = theirs.elements.version.value;
  for (const part of PARTS) {
    const [mine, other] = [form, theirs].map((one) => one.querySelector(`[data-part=${part}]`));
    mine.replaceChildren(...document.adoptNode(other).childNodes);
  }
  for (const line of box.lines.filter((one) => one.state === "arrived")) {
    box.lines.splice(box.lines.indexOf(line), 1);
    line.element.remove();
    box.memory.drop(line.mark);
  }
  document.querySelector(".form-errors")?.remove();
  const errors = page.querySelector(".form-errors");
  if (errors) {
    form.parentElement.before(document.adoptNode(errors));
    errors.focus();
  }
  // Nothing typed can be lost now: whoever guards the form hears that it was sent.
  const sent = new Event("submit", { cancelable: true });
  sent.preventDefault();
  form.dispatchEvent(sent);
  document.dispatchEvent(new Event("dudao:checking"));
}
