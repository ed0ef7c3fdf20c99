// Files on their way into the evidence bag: each starts at once, two at a time, and goes on where it stopped.
import { Failed, Upload } from "./tus.js";
import { fetchStates, showPicture } from "./checking.js";
import { Line, size } from "./line.js";
import { fingerprint, Memory } from "./memory.js";
import { holdForm } from "./holding.js";

const AT_ONCE = 2;

/** The place where files are chosen, dropped and pasted, with their lines. */
class Box {
  constructor(root) {
    const data = root.dataset;
    this.root = root;
    this.words = data;
    this.list = root.querySelector("[data-lines]");
    this.status = root.querySelector("[data-status]");
    this.input = root.querySelector("input[name=files]");
    this.camera = root.querySelector("[data-camera]");
    this.zone = root.querySelector(".file-drop");
    this.form = this.input.form;
    this.states = document.querySelector("[data-states]").dataset.states;
    this.limit = Number(data.maxBytes);
    this.room = { bytes: Number(data.roomBytes), files: Number(data.roomFiles) };
    this.memory = new Memory(data.memory);
    this.lines = [];
    this.form.querySelectorAll("[data-plain]").forEach((part) => { part.hidden = true; });
    // The Enter key must not send a form without files.
    this.form.querySelectorAll("[data-plain] button").forEach((button) => { button.disabled = true; });
    this.form.querySelectorAll("[data-live]").forEach((part) => { part.hidden = false; });
    root.classList.add("is-live");
    this.listen();
    this.recall();
    holdForm(this);
  }

  say(key, values = {}) {
    const name = `say-${key}`.replace(/-(.)/g, (_all, sign) => sign.toUpperCase());
    return Object.entries(values).reduce((text, [word, value]) => text.replaceAll(`{${word}}`, value), this.words[name]);
  }

  listen() {
    for (const input of [this.input, this.camera].filter(Boolean)) {
      input.addEventListener("change", () => {
        this.take([...input.files]);
        input.value = "";
      });
    }
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    for (const type of ["dragenter", "dragover"]) {
      document.addEventListener(type, (event) => {
        if (!carries(event)) return;
        event.preventDefault();
        this.zone.classList.add("is-over");
      });
    }
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) this.zone.classList.remove("is-over"); });
    document.addEventListener("drop", (event) => {
      // A form of its own for files, e.g. a new version in the bag, keeps what is dropped on it.
      if (!carries(event) || event.target.closest?.("input[type=file]:not([name=files], [data-camera])")) return;
      event.preventDefault();
      this.zone.classList.remove("is-over");
      this.take([...event.dataTransfer.files]);
    });
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length || event.clipboardData.types.includes("text/plain")) return;
      event.preventDefault();
      this.take(files.map((file) => this.named(file)));
    });
    window.addEventListener("beforeunload", (event) => { if (this.busy().length) event.preventDefault(); });
  }

  /** A pasted picture has no name of its own. */
  named(file) {
    if (file.name && !/^image\.\w+$/.test(file.name)) return file;
    const now = new Date().toTimeString().slice(0, 8).replaceAll(":", "");
    return new File([file], `${this.say("pasted")}-${now}.${file.type.split("/")[1] ?? "png"}`, { type: file.type });
  }

  async take(files) {
    for (const file of files) await this.add(file);
  }

  async add(file) {
    const mark = await fingerprint(file);
    const known = this.lines.find((line) => line.mark === mark && line.state !== "refused");
    if (known && known.state !== "again") return this.tell(this.say("twice", { name: file.name }));
    const offered = document.getElementById(`bag-${this.memory.get(mark)?.id}`);
    if (offered) {
      offered.checked = true;
      return this.tell(this.say("twice", { name: file.name }));
    }
    const line = known ?? new Line(this, file.name, file.size);
    if (!known) this.lines.push(line);
    Object.assign(line, { file, mark });
    if (file.type.startsWith("image/")) showPicture(line.part("picture"), URL.createObjectURL(file));
    const wrong = this.wrong(file, mark);
    if (wrong) return this.refuse(line, line.say(wrong, { size: size(this.limit) }));
    this.enqueue(line);
  }

  /** What can be said before anything is sent. */
  wrong(file, mark) {
    if (!file.size) return "empty";
    if (file.size > this.limit) return "too-big";
    // What was begun before is counted already.
    if (this.memory.get(mark)) return null;
    if (this.room.files < 1 || this.room.bytes < file.size) return "no-room";
    this.room = { files: this.room.files - 1, bytes: this.room.bytes - file.size };
    return null;
  }

  refuse(line, words) {
    line.show("refused", words);
    this.memory.drop(line.mark);
    this.tell(this.say("refused", { name: line.name, state: words }));
    this.settled();
  }

  enqueue(line) {
    line.stop = new AbortController();
    line.stop.signal.addEventListener("abort", () => { if (line.state === "waiting") line.show("paused", line.say("paused")); });
    line.show("waiting", line.say("waiting"));
    this.next();
  }

  /** After a break; whoever had to sign in again has a new token, which the page must learn. */
  async resume(line) {
    if (line.state === "login") {
      const page = await fetch(location.href).then((answer) => answer.text()).catch(() => "");
      const token = new DOMParser().parseFromString(page, "text/html").querySelector("main [name=csrf_token]")?.value;
      if (!token) return line.show("login", line.say("login"));
      document.querySelectorAll("[name=csrf_token]").forEach((field) => { field.value = token; });
    }
    this.enqueue(line);
  }

  next() {
    const under = this.lines.filter((line) => ["sending", "resting"].includes(line.state)).length;
    for (const line of this.lines.filter((one) => one.state === "waiting").slice(0, Math.max(0, AT_ONCE - under))) this.send(line);
  }

  upload(file, more) {
    return new Upload(file, { endpoint: this.words.uploads, token: this.form.elements.csrf_token.value, ...more });
  }

  async send(line) {
    line.show("sending");
    const going = this.upload(line.file, {
      metadata: { filename: line.name, unit: this.words.unit, note: this.form.elements.note?.value ?? "" },
      at: this.memory.get(line.mark)?.at ?? null,
      told: (what, value) => this.told(line, what, value),
    });
    try {
      const id = await going.run(line.stop.signal);
      this.memory.put(line.mark, { name: line.name, bytes: line.bytes, id });
      line.arrived({ id, name: line.name, state: "checking", said: [] });
      this.tell(this.say("told-arrived", { name: line.name }));
      document.dispatchEvent(new Event("dudao:checking"));
    } catch (error) {
      if (!(error instanceof Failed)) console.error(error);
      if (error.kind === "stopped") line.show("paused", line.say("paused"));
      else if (error.kind === "login") line.show("login", line.say("login"));
      else this.refuse(line, error.words || line.say("failed"));
    }
    this.settled();
    this.next();
  }

  told(line, what, value) {
    if (what === "begun") this.memory.put(line.mark, { name: line.name, bytes: line.bytes, at: value, sent: 0 });
    if (what === "moved" || what === "kept") line.moved(value);
    if (what === "kept") this.memory.update(line.mark, { sent: value });
    if (what === "resting") line.show("resting", value === null ? line.say("offline") : line.say("retry", { seconds: value }));
  }

  /** Takes a line off the list and forgets what was sent. */
  drop(line) {
    line.stop?.abort();
    const begun = this.memory.get(line.mark)?.at;
    if (begun) this.upload(line.file, { at: begun }).end();
    this.memory.drop(line.mark);
    this.lines = this.lines.filter((one) => one !== line);
    const next = line.element.nextElementSibling ?? line.element.previousElementSibling;
    line.element.remove();
    (next?.querySelector("[data-act]:not([hidden]), input") ?? this.input).focus();
    this.settled();
  }

  /** What was left of an earlier visit: files to go on with, and files that arrived and are used nowhere yet. */
  recall() {
    const kept = this.memory.all();
    for (const [mark, entry] of kept.filter(([, one]) => one.at)) this.offerAgain(mark, entry);
    const arrived = new Map(kept.filter(([, one]) => one.id).map(([mark, one]) => [one.id, mark]));
    if (arrived.size) this.offerArrived(arrived);
  }

  async offerArrived(arrived) {
    const known = await fetchStates(this.states, [...arrived.keys()]).catch(() => null);
    if (known === null) return;
    for (const [id, mark] of arrived) {
      const file = known.get(id);
      const offered = document.getElementById(`bag-${id}`);
      if (!file || file.used || !this.root.querySelector("template[data-line]").content.querySelector("[data-pick]")) this.memory.drop(mark);
      else if (offered) offered.checked = true;
      else this.showArrived(file, mark);
    }
  }

  /** A file that was cut off before the page was closed: only whoever has it can choose it again. */
  async offerAgain(mark, { name, bytes, at, sent }) {
    const begun = this.upload({ size: bytes }, { at, told: () => {} });
    begun.sent = sent;
    try {
      await begun.ask(new AbortController().signal);
    } catch (error) {
      if (error.kind === "gone") return this.memory.drop(mark);
    }
    if (begun.id) {
      this.memory.put(mark, { name, bytes, id: begun.id });
      return this.offerArrived(new Map([[begun.id, mark]]));
    }
    if (this.lines.some((line) => line.mark === mark)) return;
    const line = new Line(this, name, bytes);
    Object.assign(line, { mark, sent: begun.sent });
    line.show("again", line.say("again"));
    this.lines.push(line);
  }

  showArrived(file, mark) {
    const line = new Line(this, file.name, file.size);
    line.mark = mark;
    this.lines.push(line);
    line.arrived(file);
  }

  busy() { return this.lines.filter((line) => ["waiting", "sending", "resting"].includes(line.state)); }

  stuck() { return this.lines.filter((line) => ["paused", "login", "again"].includes(line.state)); }

  /** Tells the form that a file has come to an end, one way or the other. */
  settled() {
    this.root.dispatchEvent(new Event("settled"));
    const ready = this.form.querySelector("[data-all-arrived]");
    if (ready) ready.hidden = Boolean(this.busy().length) || !this.lines.some((line) => line.state === "arrived");
  }

  tell(text) { this.status.textContent = text; }
}

export function sendAtOnce(root) {
  return new Box(root);
}
