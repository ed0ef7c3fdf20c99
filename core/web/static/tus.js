// The tus 1.0 protocol: a file travels in pieces and goes on where it stopped, over dropped connections and restarts.

const VERSION = "1.0.0";
/** Bytes of a piece: small enough that a proxy which swallows a broken piece costs little. */
const PIECE = 8 * 1024 * 1024;
/** Seconds to wait after the first, second, … failure in a row; the last is kept. */
const PAUSES = [1, 2, 4, 8, 15, 30];
/** Milliseconds without any sign of life after which a connection counts as dropped. */
const SILENCE = 90_000;

/** Why a step failed. kind: "dropped", "busy", "moved", "gone", "login", "stopped" or "refused" with the server's words. */
export class Failed extends Error {
  constructor(kind, words = "", seconds = 0) {
    super(words || kind);
    Object.assign(this, { kind, words, seconds });
  }
}

function failure(answer) {
  const status = answer.status;
  const told = problem(answer);
  const speaksTus = answer.getResponseHeader("Tus-Resumable") !== null;
  if (status >= 500 || [408, 423, 425, 429].includes(status)) {
    return new Failed("busy", "", Number(answer.getResponseHeader("Retry-After")) || 0);
  }
  if (status === 409 || status === 460) return new Failed("moved");
  if (status === 404 || status === 410) return new Failed("gone");
  // The session has ended, or the page's token has; a proxy may answer with a page of its own.
  if (status === 401 || told.code === "stale" || (!speaksTus && status !== 413)) return new Failed("login");
  return new Failed("refused", told.detail ?? "");
}

/** What a refusal says of itself (problem+json). */
function problem(answer) {
  try {
    return JSON.parse(answer.responseText) ?? {};
  } catch {
    return {};
  }
}

function ask(method, url, { headers = {}, body = null, moved, signal }) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let alarm = 0;
    const alive = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => { request.abort(); failed(new Failed("dropped")); }, SILENCE);
    };
    const stop = () => { request.abort(); failed(new Failed("stopped")); };
    if (signal.aborted) return failed(new Failed("stopped"));
    signal.addEventListener("abort", stop, { once: true });
    request.open(method, url);
    request.setRequestHeader("Tus-Resumable", VERSION);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => { alive(); moved?.(event.loaded); });
    request.addEventListener("error", () => failed(new Failed("dropped")));
    request.addEventListener("load", () => {
      const well = request.status >= 200 && request.status < 300 && request.getResponseHeader("Tus-Resumable");
      if (well) done(request);
      else failed(failure(request));
    });
    request.addEventListener("loadend", () => { clearTimeout(alarm); signal.removeEventListener("abort", stop); });
    alive();
    request.send(body);
  });
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const number = (answer, name) => Number(answer.getResponseHeader(name));

/** Sends one file. `at` is the upload's address where one was begun before; `told` hears of what happens. */
export class Upload {
  constructor(file, { endpoint, token, metadata, at = null, told }) {
    Object.assign(this, { file, endpoint, token, metadata, at, told, sent: 0 });
  }

  headers(more = {}) {
    return { "X-CSRFToken": this.token, ...more };
  }

  /** Goes on until the file has arrived; answers with its id. Throws Failed: "refused", "login" or "stopped". */
  async run(signal) {
    for (let failures = 0; ;) {
      const before = this.sent;
      try {
        return await this.goOn(signal);
      } catch (error) {
        if (!(error instanceof Failed) || ["refused", "login", "stopped"].includes(error.kind)) throw error;
        if (error.kind === "gone") this.at = null;
        failures = this.sent > before ? 1 : failures + 1;
        if (failures === 1 && ["gone", "moved"].includes(error.kind)) continue;
        await this.rest(error.seconds || PAUSES[Math.min(failures, PAUSES.length) - 1], signal);
      }
    }
  }

  async goOn(signal) {
    if (this.at === null) await this.begin(signal);
    else await this.ask(signal);
    while (this.id === undefined) {
      const start = this.sent;
      const answer = await ask("PATCH", this.at, {
        headers: this.headers({ "Upload-Offset": start, "Content-Type": "application/offset+octet-stream" }),
        body: this.file.slice(start, start + PIECE),
        moved: (bytes) => this.told("moved", Math.min(start + bytes, this.file.size)),
        signal,
      });
      this.heard(answer);
      if (this.sent >= this.file.size && this.id === undefined) await this.ask(signal);
      if (this.sent <= start && this.id === undefined) throw new Failed("busy");
    }
    return this.id;
  }

  async begin(signal) {
    const pairs = Object.entries(this.metadata).map(([name, value]) => `${name} ${base64(value)}`);
    const answer = await ask("POST", this.endpoint, {
      headers: this.headers({ "Upload-Length": this.file.size, "Upload-Metadata": pairs.join(",") }), signal,
    });
    // The path alone: a proxy's scheme or host need not be the page's.
    this.at = new URL(answer.getResponseHeader("Location"), location.href).pathname;
    this.sent = 0;
    this.told("begun", this.at);
  }

  /** Asks how much has arrived. */
  async ask(signal) {
    this.heard(await ask("HEAD", this.at, { headers: this.headers(), signal }));
  }

  heard(answer) {
    this.sent = number(answer, "Upload-Offset");
    this.id = answer.getResponseHeader("Dudao-File") ?? undefined;
    this.told("kept", this.sent);
  }

  /** Waits before the next try; being online again ends the wait. */
  async rest(seconds, signal) {
    this.told("resting", navigator.onLine ? seconds : null);
    await new Promise((done) => {
      const go = () => {
        clearTimeout(timer);
        window.removeEventListener("online", go);
        signal.removeEventListener("abort", go);
        done();
      };
      const timer = setTimeout(go, seconds * 1000);
      window.addEventListener("online", go);
      signal.addEventListener("abort", go);
    });
    if (signal.aborted) throw new Failed("stopped");
    this.told("moved", this.sent);
  }

  /** Gives the upload up; the server may forget what it has. */
  async end() {
    if (this.at === null) return;
    const calm = new AbortController().signal;
    await ask("DELETE", this.at, { headers: this.headers(), signal: calm }).catch(() => {});
  }
}
