// Files that are being checked: looks again every few seconds until each is decided, and says so once, politely.

const FIRST = 2000, LAST = 10_000;

/** `corner` holds the looks of the states and the place that speaks; elements with data-checking are what is watched. */
export function watchStates(corner) {
  const speaker = corner.querySelector("[role=status]");
  let timer = 0;
  let pause = FIRST;

  const look = async () => {
    timer = 0;
    const waiting = [...document.querySelectorAll("[data-checking]")];
    if (!waiting.length) return;
    if (!document.hidden) {
      const told = await fetchStates(corner.dataset.states, waiting.map((place) => place.dataset.checking)).catch(() => null);
      if (told) waiting.forEach((place) => settle(place, told.get(place.dataset.checking)));
    }
    pause = Math.min(pause * 1.3, LAST);
    timer ||= setTimeout(look, pause);
  };

  const settle = (place, file) => {
    if (file && file.state === "checking") return;
    delete place.dataset.checking;
    if (!file) return;
    showState(place, file, corner);
    const title = place.querySelector(".tag").textContent.trim();
    speaker.textContent = corner.dataset.told.replace("{name}", file.name).replace("{state}", [title, ...file.said].join(" "));
  };

  const start = () => {
    pause = FIRST;
    clearTimeout(timer);
    timer = setTimeout(look, pause);
  };
  document.addEventListener("dudao:checking", start);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) start(); });
  start();
}

/** What is known of some files of the bag, by their ids. */
export async function fetchStates(url, ids) {
  const address = new URL(url, location.href);
  for (const id of new Set(ids)) address.searchParams.append("id", id);
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) throw new Error(`states: ${answer.status}`);
  return new Map((await answer.json()).files.map((file) => [file.id, file]));
}

/** Shows a file's state and its sentences, and its picture once there is one. */
export function showState(place, file, corner = document.querySelector("[data-states]")) {
  const look = corner.querySelector(`template[data-look="${file.state}"]`).content.cloneNode(true);
  const said = file.said.map((text) => {
    const line = document.createElement("p");
    line.className = "file-said";
    line.textContent = text;
    return line;
  });
  place.replaceChildren(look, ...said);
  if (file.state === "checking") place.dataset.checking = file.id;
  const picture = place.closest("li")?.querySelector(".file-look");
  if (file.thumb && picture && !picture.querySelector("img")) showPicture(picture, file.thumb);
}

/** Puts a picture in the place of the sign; one that cannot be shown leaves the sign. */
export function showPicture(place, address) {
  const picture = document.createElement("img");
  picture.alt = "";
  picture.width = picture.height = 56;
  picture.addEventListener("load", () => place.replaceChildren(picture));
  for (const end of ["load", "error"]) picture.addEventListener(end, () => URL.revokeObjectURL(address));
  picture.src = address;
}
