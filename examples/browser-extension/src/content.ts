// Runs in the page, in a world of its own, from the first order on.
import { Marker } from "./marker.ts";
import type { Mark } from "./marks.ts";
import type { Order, Progress } from "./messages.ts";
import { readSettings } from "./settings.ts";
import { Tags } from "./tags.ts";
import { say, typeName } from "./words.ts";

const popups = new Set<chrome.runtime.Port>();
const tags = new Tags();
const marker = new Marker((progress) => {
  for (const popup of popups) popup.postMessage(progress);
  if (progress.notice !== "") tags.say(progress.notice);
});
/** The number among the marks of the one that was last gone to. */
let current = -1;

const labelOf = (mark: Mark) => `${typeName(mark.type)} · ${Math.round(mark.score * 100)} %`;

/** Brings a mark into sight, and the caret to it: Tab and screen readers go on from there. */
function goTo(mark: Mark | undefined): void {
  if (mark === undefined) return; // of a page that was marked anew meanwhile
  const { range } = mark;
  range.startContainer.parentElement?.scrollIntoView({ block: "center" });
  let box = range.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight) {
    scrollBy({ top: box.top - innerHeight / 2, behavior: "instant" });
    box = range.getBoundingClientRect();
  }
  getSelection()?.collapse(range.startContainer, range.startOffset);
  marker.emphasize(mark);
  tags.label(labelOf(mark), box);
}

function goToNext(): void {
  const { shown } = marker;
  if (shown.length === 0) {
    tags.say(say("none"));
    return;
  }
  current = (current + 1) % shown.length;
  const mark = shown[current]!;
  goTo(mark);
  tags.say(say("place", typeName(mark.type), mark.word, current + 1, shown.length));
}

function carryOut(order: Order): void {
  if (order === "next") goToNext();
  else if (typeof order === "object") goTo(marker.all[order.reveal]);
  else {
    current = -1;
    tags.unlabel();
    marker[order]();
  }
}

async function applySettings(): Promise<void> {
  marker.hide((await readSettings()).hidden);
}

let pointed = 0;
document.addEventListener(
  "pointermove",
  ({ clientX, clientY }) => {
    cancelAnimationFrame(pointed);
    pointed = requestAnimationFrame(() => {
      const mark = marker.at(clientX, clientY);
      if (mark === undefined) tags.unlabel();
      else tags.label(labelOf(mark), mark.range.getBoundingClientRect());
    });
  },
  { passive: true },
);
document.addEventListener("scroll", () => tags.unlabel(), { passive: true, capture: true });

chrome.storage.onChanged.addListener(applySettings);
chrome.runtime.onConnect.addListener((popup) => {
  popups.add(popup);
  popup.onDisconnect.addListener(() => popups.delete(popup));
  popup.postMessage(marker.progress satisfies Progress);
});
const ready = applySettings();
chrome.runtime.onMessage.addListener((order: Order, _sender, respond) => {
  ready.then(() => carryOut(order));
  respond(true);
  return undefined;
});
