// Help while filling in a form.

const words = document.body.dataset;

/** Tells how many characters are left; the text is never cut. */
export function countCharacters(field) {
  const limit = Number(field.dataset.counter);
  const line = document.createElement("p");
  line.className = "counter";
  line.id = `${field.id}-counter`;
  field.after(line);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${line.id}`.trim());
  const show = () => {
    const left = limit - [...field.value.trim()].length;
    line.textContent = (left < 0 ? words.over : words.remaining).replace("{n}", Math.abs(left));
    line.classList.toggle("is-over", left < 0);
  };
  field.addEventListener("input", show);
  show();
}

/** Warns before typed text is lost by leaving the page. */
export function guardUnsaved(form) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

/** Shows the filled rows and one empty row; a button shows the next. */
export function oneMoreRow(group) {
  const rows = [...group.querySelectorAll("[data-row]")];
  const filled = (row) => [...row.querySelectorAll("input, select, textarea")].some((field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked : field.value);
  const more = document.createElement("button");
  more.type = "button";
  more.className = "btn btn-outline-primary";
  more.textContent = `+ ${group.dataset.addLabel}`;
  rows.forEach((row, number) => { row.hidden = number > 0 && !filled(row); });
  const settle = () => { more.hidden = !rows.some((row) => row.hidden); };
  more.addEventListener("click", () => {
    const next = rows.find((row) => row.hidden);
    next.hidden = false;
    next.querySelector("input, select, textarea")?.focus();
    settle();
  });
  group.append(more);
  settle();
}

/** Puts the reader at the list of errors, where there is one. */
export function showErrors() {
  document.querySelector("[data-autofocus]")?.focus();
}
