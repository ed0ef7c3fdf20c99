// A file's line while it travels: what it shows, and the buttons that fit its state.
import { showState } from "./checking.js";

const GB = 1024 ** 3, MB = 1024 ** 2;

export const size = (bytes) => bytes >= GB ? `${Number((bytes / GB).toFixed(1))} GB` : bytes >= MB ? `${(bytes / MB).toFixed(1)} MB`
  : `${Math.max(1, Math.round(bytes / 1024))} KB`;
const share = (sent, all) => `${all ? Math.floor((sent / all) * 100) : 0}%`;

export class Line {
  constructor(box, name, bytes) {
    Object.assign(this, { box, name, bytes, state: "waiting", sent: 0 });
    this.element = box.root.querySelector("template[data-line]").content.firstElementChild.cloneNode(true);
    this.part("name").textContent = name;
    this.part("bar").setAttribute("aria-label", name);
    for (const button of this.element.querySelectorAll("[data-act]")) {
      button.setAttribute("aria-label", `${button.textContent.trim()} ${name}`);
      button.addEventListener("click", () => this.act(button.dataset.act));
    }
    box.list.append(this.element);
    this.show("waiting");
  }

  part(name) { return this.element.querySelector(`[data-${name}]`); }

  act(what) {
    if (what === "pause") this.stop.abort();
    if (what === "go") this.box.resume(this);
    if (what === "choose") this.box.input.click();
    if (what === "cancel") this.box.drop(this);
  }

  /** state: waiting, sending, resting, paused, again, login, refused or arrived. */
  show(state, note = "") {
    const focused = this.element.contains(document.activeElement);
    this.state = state;
    this.element.dataset.state = state;
    this.element.classList.toggle("is-wrong", state === "refused");
    this.part("note").textContent = note || this.progress();
    this.part("bar").hidden = ["refused", "arrived"].includes(state);
    this.part("bar").value = this.bytes ? (this.sent / this.bytes) * 100 : 0;
    const fits = { pause: ["waiting", "sending", "resting"], go: ["paused", "login"], choose: ["again"] };
    for (const [name, states] of Object.entries(fits)) this.element.querySelector(`[data-act=${name}]`).hidden = !states.includes(state);
    this.element.querySelector("[data-act=cancel]").hidden = state === "arrived";
    // Whoever had just pressed a button that is gone stays at this line.
    if (focused && !document.activeElement?.closest?.("li")) this.element.querySelector("[data-act]:not([hidden])")?.focus();
  }

  progress() { return `${size(this.sent)} / ${size(this.bytes)} · ${share(this.sent, this.bytes)}`; }

  say(key, more = {}) {
    return this.box.say(key, { name: this.name, size: size(this.bytes), done: share(this.sent, this.bytes), ...more });
  }

  moved(sent) {
    this.sent = sent;
    if (sent >= this.bytes) this.show("sending", this.say("finishing"));
    else this.show("sending");
  }

  arrived(file) {
    this.id = file.id;
    this.sent = this.bytes;
    this.show("arrived", size(this.bytes));
    const result = this.part("result");
    result.hidden = false;
    showState(result, file);
    const pick = this.part("pick");
    if (!pick) return;
    pick.hidden = this.part("reason").hidden = false;
    Object.assign(pick.querySelector("input"), { value: file.id, disabled: false });
    const reason = this.part("reason").querySelector("input");
    reason.name = reason.id = `reason-${file.id}`;
    this.part("reason").querySelector("label").htmlFor = reason.id;
  }
}
