import { type Passage, rangeOf } from "./passages.ts";
import type { Pause } from "./pause.ts";

/** Characters of the first question, so that what is in sight is marked soon, and of all further ones. */
const [FIRST_BATCH, BATCH] = [600, 2000];

/** The numbers of passages in batches: those in sight first, then those below and above, the nearer the sooner. */
export async function readingOrder(passages: readonly Passage[], pause: Pause): Promise<number[][]> {
  const distances: number[] = [];
  for (const passage of passages) {
    distances.push(distanceFromSight(passage));
    if (pause.due) await pause.take();
  }
  const order = passages.map((_, i) => i).sort((a, b) => distances[a]! - distances[b]! || a - b);
  const batches: number[][] = [];
  let room = 0;
  for (const i of order) {
    const { length } = passages[i]!.text;
    if (length > room || batches.length === 0) {
      batches.push([]);
      room = batches.length === 1 ? FIRST_BATCH : BATCH;
    }
    batches.at(-1)!.push(i);
    room -= length;
  }
  return batches;
}

/** In pixels; 0 is in sight. */
function distanceFromSight(passage: Passage): number {
  const { top, bottom } = rangeOf(passage, 0, passage.text.length).getBoundingClientRect();
  return Math.max(0, top - innerHeight, -bottom);
}
