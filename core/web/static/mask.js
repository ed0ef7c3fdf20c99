// Draw boxes over a picture. The number fields are the form; this file fills them and shows what they say.

const SIDES = ["left", "top", "width", "height"];
const LEAST = 1;

const round = (value) => Math.round(value * 10) / 10;
const within = (value, most) => Math.min(most, Math.max(0, value));

class Masks {
  constructor(form) {
    this.form = form;
    this.stage = form.querySelector("[data-stage]");
    this.rows = form.querySelector("[data-boxes]");
    this.told = form.querySelector("[data-told]");
    this.template = form.querySelector("[data-template]");
    form.querySelectorAll("[data-script]").forEach((element) => { element.hidden = false; });
    for (const row of this.all()) {
      if (this.fields(row).every((field) => field.value === "")) row.remove();
      else this.adopt(row);
    }
    form.querySelector("[data-add]").addEventListener("click", () => {
      const row = this.add({ left: 40, top: 40, width: 20, height: 20 });
      (row?.mark ?? row?.querySelector("input"))?.focus();
    });
    this.stage?.addEventListener("pointerdown", (event) => this.draw(event));
    this.number();
  }

  all() {
    return [...this.rows.querySelectorAll("[data-box]")];
  }

  fields(row) {
    return SIDES.map((side) => row.querySelector(`[name=${side}]`));
  }

  read(row) {
    return Object.fromEntries(SIDES.map((side, n) => [side, Number(this.fields(row)[n].value) || 0]));
  }

  /** Keeps a box inside of the picture and writes it into its fields. */
  write(row, box) {
    const width = Math.max(LEAST, Math.min(100, box.width));
    const height = Math.max(LEAST, Math.min(100, box.height));
    const kept = { left: within(box.left, 100 - width), top: within(box.top, 100 - height), width, height };
    this.fields(row).forEach((field, n) => { field.value = round(kept[SIDES[n]]); });
    this.show(row);
  }

  add(box) {
    if (this.all().length >= Number(this.form.dataset.most)) return null;
    this.rows.append(this.template.content.cloneNode(true));
    const row = this.all().at(-1);
    this.adopt(row);
    this.write(row, box);
    this.number();
    return row;
  }

  /** Gives a row its box over the picture. */
  adopt(row) {
    const remove = row.querySelector("[data-remove]");
    remove.hidden = false;
    remove.addEventListener("click", () => this.remove(row));
    this.fields(row).forEach((field) => field.addEventListener("input", () => this.show(row)));
    if (!this.stage) return;
    row.mark = document.createElement("button");
    row.mark.type = "button";
    row.mark.className = "mask-box";
    const corner = document.createElement("span");
    corner.className = "mask-corner";
    row.mark.append(corner);
    row.mark.addEventListener("keydown", (event) => this.key(event, row));
    row.mark.addEventListener("pointerdown", (event) => this.move(event, row, event.target === corner));
    this.stage.append(row.mark);
    this.show(row);
  }

  remove(row) {
    const rows = this.all();
    const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    row.mark?.remove();
    row.remove();
    this.number();
    (next?.mark ?? this.form.querySelector("[data-add]")).focus();
  }

  number() {
    this.all().forEach((row, n) => {
      row.querySelector("[data-number]").textContent = n + 1;
      this.show(row);
    });
  }

  show(row) {
    if (!row.mark) return;
    const box = this.read(row);
    SIDES.forEach((side) => { row.mark.style[side] = `${box[side]}%`; });
    const words = { n: this.all().indexOf(row) + 1, ...box };
    row.mark.setAttribute("aria-label", this.form.dataset.label.replace(/\{(\w+)\}/g, (_all, name) => words[name]));
  }

  key(event, row) {
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.remove(row);
      return;
    }
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    const box = this.read(row);
    const sides = event.shiftKey ? ["width", "height"] : ["left", "top"];
    box[sides[0]] += by[0];
    box[sides[1]] += by[1];
    this.write(row, box);
    this.told.textContent = row.mark.getAttribute("aria-label");
  }

  /** Where a pointer is, in percent of the picture. */
  at(event) {
    const area = this.stage.getBoundingClientRect();
    return [
      within(((event.clientX - area.left) / area.width) * 100, 100),
      within(((event.clientY - area.top) / area.height) * 100, 100),
    ];
  }

  draw(event) {
    if (event.button !== 0 || event.target.closest(".mask-box")) return;
    event.preventDefault();
    const [left, top] = this.at(event);
    let row = null;
    this.follow(event, (next) => {
      const [x, y] = this.at(next);
      const box = { left: Math.min(left, x), top: Math.min(top, y), width: Math.abs(x - left), height: Math.abs(y - top) };
      if (!row && (box.width < LEAST || box.height < LEAST)) return;
      row ??= this.add(box);
      if (row) this.write(row, box);
    }, () => row?.mark.focus());
  }

  move(event, row, resize) {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    row.mark.focus();
    const [x0, y0] = this.at(event);
    const from = this.read(row);
    this.follow(event, (next) => {
      const [x, y] = this.at(next);
      const [dx, dy] = [x - x0, y - y0];
      this.write(row, resize
        ? { ...from, width: Math.min(from.width + dx, 100 - from.left), height: Math.min(from.height + dy, 100 - from.top) }
        : { ...from, left: from.left + dx, top: from.top + dy });
    });
  }

  follow(event, move, end = () => {}) {
    const { stage } = this;
    const mine = (next) => { if (next.pointerId === event.pointerId) move(next); };
    const done = () => {
      stage.removeEventListener("pointermove", mine);
      stage.removeEventListener("pointerup", done);
      stage.removeEventListener("pointercancel", done);
      end();
    };
    stage.setPointerCapture(event.pointerId);
    stage.addEventListener("pointermove", mine);
    stage.addEventListener("pointerup", done);
    stage.addEventListener("pointercancel", done);
  }
}

document.querySelectorAll("form[data-mask]").forEach((form) => new Masks(form));
