import { ask } from "./ask.ts";
import { type Mark, Marks } from "./marks.ts";
import type { ModelDescription, Progress } from "./messages.ts";
import { isAsRead, type Passage, rangeOf, readPassages } from "./passages.ts";
import { Pause } from "./pause.ts";
import { readingOrder } from "./reading-order.ts";
import { type Place, redact } from "./redaction.ts";
import { say, typeName } from "./words.ts";

interface PlacedMark extends Mark, Place {}

/** Marks a page and redacts it. All that is known of a page is here, in the page, where it outlives the service worker. */
export class Marker {
  readonly #marks = new Marks();
  readonly #changed: (progress: Progress) => void;
  #passages: readonly Passage[] = [];
  /** Of each passage. */
  #found: PlacedMark[][] = [];
  #hidden: ReadonlySet<string> = new Set();
  #model: ModelDescription | undefined;
  #phase: Progress["phase"] = "idle";
  #notice = "";
  #done = 0;
  /** Numbers the orders: one that comes ends the one before it. */
  #latest = 0;

  /** @param changed hears of every change, and of what there is to say */
  constructor(changed: (progress: Progress) => void) {
    this.#changed = changed;
  }

  get progress(): Progress {
    return {
      phase: this.#phase,
      notice: this.#notice,
      done: this.#done,
      total: this.#passages.reduce((sum, { text }) => sum + text.length, 0),
      model: this.#model,
      entities: this.#phase === "running" ? [] : this.all.map(({ type, word }) => ({ type, word })),
    };
  }

  /** In the page's order. */
  get all(): readonly Mark[] {
    return this.#found.flat();
  }

  get shown(): readonly Mark[] {
    return this.all.filter(({ type }) => !this.#hidden.has(type));
  }

  at(x: number, y: number): Mark | undefined {
    return this.#marks.at(x, y);
  }

  emphasize(mark: Mark): void {
    this.#marks.emphasize(mark);
  }

  hide(types: readonly string[]): void {
    this.#hidden = new Set(types);
    this.#marks.show(this.#hidden);
  }

  mark(): Promise<void> {
    return this.#carryOut(async (goOn) => {
      const began = performance.now();
      await this.#find(goOn);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      return say("marked", this.shown.length, this.progress.total, seconds);
    });
  }

  redact(): Promise<void> {
    return this.#carryOut(async (goOn) => {
      await this.#find(goOn);
      const places = this.#found.map((marks) => marks.filter(({ type }) => !this.#hidden.has(type)));
      await ask({ ask: "copy", text: redact(this.#passages, places, typeName) });
      return say("redacted", this.shown.length);
    });
  }

  clear(): void {
    this.#latest++;
    this.#forget();
    this.#tell("idle", say("cleared"));
  }

  /** @param work given what it has to ask after each wait: it throws where another order has come meanwhile */
  async #carryOut(work: (goOn: () => void) => Promise<string>): Promise<void> {
    const number = ++this.#latest;
    const isLatest = () => this.#latest === number;
    try {
      const notice = await work(() => {
        if (!isLatest()) throw new Error("another order has come");
      });
      if (isLatest()) this.#tell("done", notice);
    } catch (error) {
      if (isLatest()) this.#tell("failed", say("failed", (error as Error).message));
    }
  }

  /** Finds what there is in the selection, or where nothing is selected in the page. */
  async #find(goOn: () => void): Promise<void> {
    this.#forget();
    this.#tell("running", "");
    const pause = new Pause();
    await pause.take();
    const passages = await readPassages(document.documentElement, selectedRange(), pause);
    const batches = await readingOrder(passages, pause);
    goOn();
    this.#passages = passages;
    this.#found = passages.map(() => []);
    for (const batch of batches) {
      const { model, entities } = await ask({ ask: "find", texts: batch.map((i) => passages[i]!.text) });
      await pause.take();
      goOn();
      this.#model = model;
      for (const [n, i] of batch.entries()) {
        const passage = passages[i]!;
        this.#found[i] = entities[n]!.map((entity) => placedMark(passage, entity));
        if (isAsRead(passage)) {
          for (const mark of this.#found[i]) this.#marks.add(mark, model.types.indexOf(mark.type));
        }
        this.#done += passage.text.length;
        if (!pause.due) continue;
        await pause.take();
        goOn();
      }
      this.#marks.show(this.#hidden);
      this.#tell("running", "");
    }
  }

  #forget(): void {
    this.#marks.clear();
    this.#passages = [];
    this.#found = [];
    this.#done = 0;
  }

  #tell(phase: Progress["phase"], notice: string): void {
    this.#phase = phase;
    this.#notice = notice;
    this.#changed(this.progress);
  }
}

function placedMark(
  passage: Passage,
  { type, score, start, end }: Place & { readonly score: number },
): PlacedMark {
  return {
    type,
    score,
    start,
    end,
    word: passage.text.slice(start, end),
    range: rangeOf(passage, start, end),
  };
}

function selectedRange(): Range | undefined {
  const selection = getSelection();
  return selection === null || selection.isCollapsed ? undefined : selection.getRangeAt(0);
}
