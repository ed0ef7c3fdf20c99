// The chosen files, named with their sizes; too large ones are refused before anything is sent.

const words = document.body.dataset;
const MB = 1024 * 1024;

const size = (bytes) => (bytes >= MB ? `${(bytes / MB).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`);

function thumbnail(file) {
  const picture = document.createElement("img");
  picture.alt = "";
  picture.width = picture.height = 44;
  picture.src = URL.createObjectURL(file);
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
  picture.addEventListener("error", () => picture.remove());
  return picture;
}

function entry(file, tooBig) {
  const line = document.createElement("li");
  const name = document.createElement("span");
  const note = document.createElement("span");
  name.className = "file-name";
  name.textContent = file.name;
  note.className = "file-note";
  note.textContent = tooBig ? `${size(file.size)} · ${words.tooBig}` : size(file.size);
  line.classList.toggle("is-wrong", tooBig);
  if (file.type.startsWith("image/")) line.append(thumbnail(file));
  line.append(name, note);
  return line;
}

export function listFiles(box) {
  const input = box.querySelector("input[type=file]");
  const list = box.querySelector("[data-file-list]");
  const limit = Number(box.dataset.maxMb || Infinity) * MB;
  const drop = box.querySelector(".file-drop");
  const show = () => {
    const files = [...input.files];
    list.replaceChildren(...files.map((file) => entry(file, file.size > limit)));
    input.setCustomValidity(files.some((file) => file.size > limit) ? words.tooBig : "");
  };
  input.addEventListener("change", show);
  // Forms are "novalidate"; the size is the one thing worth stopping for, since sending takes minutes.
  input.form?.addEventListener("submit", (event) => {
    if (input.checkValidity()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    list.scrollIntoView({ block: "center" });
    input.focus();
  }, { capture: true });
  for (const [type, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    drop.addEventListener(type, () => drop.classList.toggle("is-over", over));
  }
}
