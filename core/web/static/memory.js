// What this browser remembers of uploads, so that a file goes on after the page was closed.

const KEY = "dudao-uploads";
const DAYS = 7;
const SAMPLE = 64 * 1024;

/** A mark by which the same file is known again: its name, its size, and some of its bytes. Phones change its date. */
export async function fingerprint(file) {
  let sum = 0x811c9dc5;
  for (const start of [0, Math.floor(file.size / 2), Math.max(0, file.size - SAMPLE)]) {
    for (const byte of new Uint8Array(await file.slice(start, start + SAMPLE).arrayBuffer())) {
      sum = Math.imul(sum ^ byte, 0x01000193);
    }
  }
  return `${file.name}:${file.size}:${(sum >>> 0).toString(16)}`;
}

/** Uploads of one place: a unit's form, or its bag. A browser that keeps nothing simply forgets. */
export class Memory {
  constructor(place) { this.place = place; }

  read() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      return {};
    }
  }

  change(act) {
    const all = this.read();
    for (const [name, entry] of Object.entries(all)) if (Date.now() - entry.when > DAYS * 86_400_000) delete all[name];
    act(all);
    try {
      localStorage.setItem(KEY, JSON.stringify(all));
    } catch { /* full or forbidden: the upload itself goes on */ }
  }

  name(mark) { return `${this.place} ${mark}`; }

  get(mark) { return this.read()[this.name(mark)]; }

  put(mark, entry) { this.change((all) => { all[this.name(mark)] = { ...entry, when: Date.now() }; }); }

  update(mark, values) { this.change((all) => { if (all[this.name(mark)]) Object.assign(all[this.name(mark)], values); }); }

  drop(mark) { this.change((all) => { delete all[this.name(mark)]; }); }

  /** Pairs of mark and entry. */
  all() {
    const start = `${this.place} `;
    return Object.entries(this.read()).filter(([name]) => name.startsWith(start)).map(([name, entry]) => [name.slice(start.length), entry]);
  }
}
