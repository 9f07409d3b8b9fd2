import type { Page } from "playwright-core";
import { madeUpText } from "../../examples/contacts/texts.ts";

/** A page of made-up paragraphs with this many characters. */
export function longPage(characters: number): string {
  let body = "";
  let length = 0;
  for (let number = 0; length < characters; number++) {
    const text = madeUpText(5, number)
      .text.replace(/\s+/g, " ")
      .slice(0, characters - length);
    length += text.length;
    body += `<p>${text.replace(/[&<]/g, (character) => `&#${character.charCodeAt(0)};`)}</p>`;
  }
  return body;
}

interface Moment {
  readonly milliseconds: number;
  readonly marks: number;
  readonly inSight: number;
}

export interface Watched {
  /** When the page first had marks. */
  readonly first: Moment;
  readonly all: Moment;
  /** How many tasks Chromium has reported that took more than 50 ms by the clock, others' work included. */
  readonly longTasks: number;
}

/** Watches from now on how a page gets its marks, and what blocks it. */
export async function watchPage(page: Page): Promise<{ stop(): Promise<Watched> }> {
  const handle = await page.evaluateHandle(() => {
    const began = performance.now();
    let longTasks = 0;
    let first: Moment | undefined;
    const look = (): Moment => {
      const ranges = [...CSS.highlights.values()].flatMap((highlight) => [...highlight]) as Range[];
      const inSight = ranges.filter((range) => {
        const { top, bottom } = range.getBoundingClientRect();
        return bottom >= 0 && top <= innerHeight;
      });
      return { milliseconds: performance.now() - began, marks: ranges.length, inSight: inSight.length };
    };
    const observer = new PerformanceObserver((list) => {
      longTasks += list.getEntries().length;
    });
    observer.observe({ type: "longtask" });
    let all = 0;
    let last = began;
    const timer = setInterval(() => {
      if (first === undefined && CSS.highlights.size > 0) first = look();
      const size = [...CSS.highlights.values()].reduce((sum, highlight) => sum + highlight.size, 0);
      if (size !== all) last = performance.now();
      all = size;
    }, 5);
    return {
      stop() {
        clearInterval(timer);
        observer.disconnect();
        return { first: first!, all: { ...look(), milliseconds: last - began }, longTasks };
      },
    };
  });
  return { stop: () => handle.evaluate((watching) => watching.stop()) };
}
