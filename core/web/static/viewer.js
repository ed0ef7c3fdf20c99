// Zoom and turn pictures and pages. Without this file they stand in the page as they are.

const LEAST = 0.25;
const MOST = 8;
const STEP = 1.25;

class Viewer {
  constructor(root) {
    this.stage = root.querySelector("[data-stage]");
    this.sheets = [...root.querySelectorAll("[data-sheet]")];
    this.links = [...root.querySelectorAll("[data-page]")];
    this.size = root.querySelector("[data-size]");
    this.zoom = 1;
    this.turns = 0;
    root.querySelector("[data-tools]").hidden = false;
    root.classList.add("is-live");
    this.acts = {
      in: () => this.scale(this.zoom * STEP),
      out: () => this.scale(this.zoom / STEP),
      turn: () => { this.turns = (this.turns + 1) % 4; this.draw(); },
      fit: () => { this.turns = 0; this.scale(1); },
    };
    root.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", this.acts[button.dataset.do]));
    root.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("pointerdown", (event) => this.drag(event));
    this.stage.addEventListener("dblclick", () => this.scale(this.zoom < 2 ? 2 : 1));
    this.stage.addEventListener("scroll", () => this.mark());
    this.links.forEach((link, number) => link.addEventListener("click", (event) => {
      event.preventDefault();
      this.show(number);
    }));
    this.images().forEach((image) => image.addEventListener("load", () => this.draw()));
    new ResizeObserver(() => this.draw()).observe(this.stage);
    this.draw();
    this.mark();
  }

  images() {
    return this.sheets.map((sheet) => sheet.querySelector("img"));
  }

  key(event) {
    // Only inside the viewer, so that a key pressed elsewhere does nothing.
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act = { "+": "in", "=": "in", "-": "out", "−": "out", r: "turn", R: "turn", 0: "fit" }[event.key];
    if (!act) return;
    event.preventDefault();
    this.acts[act]();
  }

  scale(wanted) {
    const { stage } = this;
    const before = this.zoom;
    const middle = [stage.scrollLeft + stage.clientWidth / 2, stage.scrollTop + stage.clientHeight / 2];
    this.zoom = Math.min(MOST, Math.max(LEAST, wanted));
    this.draw();
    const by = this.zoom / before;
    stage.scrollTo(middle[0] * by - stage.clientWidth / 2, middle[1] * by - stage.clientHeight / 2);
  }

  /** Each sheet is as large as its turned and zoomed picture; zoom 1 is the stage's width, or the picture's own. */
  draw() {
    const across = this.turns % 2 === 1;
    const room = this.stage.clientWidth - 2;
    for (const [number, image] of this.images().entries()) {
      const [width, height] = [image.naturalWidth || image.width, image.naturalHeight || image.height];
      if (!width || !height) continue;
      const fit = Math.min(1, room / (across ? height : width)) * this.zoom;
      image.style.width = `${width * fit}px`;
      image.style.height = `${height * fit}px`;
      image.style.transform = `translate(-50%, -50%) rotate(${this.turns * 90}deg)`;
      const sheet = this.sheets[number];
      sheet.style.width = `${(across ? height : width) * fit}px`;
      sheet.style.setProperty("--sheet", `${(across ? width : height) * fit}px`);
    }
    const turned = this.turns ? ` · ${this.turns * 90}°` : "";
    this.size.textContent = `${Math.round(this.zoom * 100)}%${turned}`;
  }

  drag(event) {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    const { stage } = this;
    const from = [event.clientX + stage.scrollLeft, event.clientY + stage.scrollTop];
    const move = (next) => stage.scrollTo(from[0] - next.clientX, from[1] - next.clientY);
    event.preventDefault();
    stage.focus();
    stage.setPointerCapture(event.pointerId);
    stage.addEventListener("pointermove", move);
    stage.addEventListener("pointerup", () => stage.removeEventListener("pointermove", move), { once: true });
  }

  show(number) {
    const sheet = this.sheets[number];
    this.stage.scrollTo({ top: sheet.offsetTop });
    this.stage.focus();
    this.mark(number);
  }

  /** Says which page is in sight. */
  mark(chosen) {
    if (!this.links.length) return;
    const top = this.stage.scrollTop + this.stage.clientHeight / 3;
    const seen = this.sheets.findLastIndex((sheet) => sheet.offsetTop <= top);
    const at = Number.isInteger(chosen) ? chosen : Math.max(0, seen);
    this.links.forEach((link, number) => {
      if (number === at) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }
}

document.querySelectorAll("[data-viewer]").forEach((root) => new Viewer(root));
