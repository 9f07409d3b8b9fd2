import { uniform } from "./random.ts";
import type { Example } from "./trainee.ts";

/** Sites of random numbers, apart from those of a network's dropout, whose seeds are the steps'. */
const SHUFFLE_EXAMPLES = 0x5eed0001;
const SHUFFLE_BATCHES = 0x5eed0002;

/** How many batches' worth of examples are sorted by length together. */
const BATCHES_IN_BUCKET = 32;

/**
 * An epoch's batches in its own random order. Examples of like length lie together, which evens out what batches cost
 * without making their order predictable. The same seed and epoch always give the same batches.
 */
export function batchesOf<T extends Pick<Example, "inputIds">>(
  examples: readonly T[],
  size: number,
  seed: number,
  epoch: number,
): T[][] {
  const shuffled = shuffle(examples, seed + epoch, SHUFFLE_EXAMPLES);
  const batches: T[][] = [];
  for (let first = 0; first < shuffled.length; first += size * BATCHES_IN_BUCKET) {
    const bucket = shuffled.slice(first, first + size * BATCHES_IN_BUCKET);
    bucket.sort((a, b) => a.inputIds.length - b.inputIds.length);
    for (let i = 0; i < bucket.length; i += size) batches.push(bucket.slice(i, i + size));
  }
  return shuffle(batches, seed + epoch, SHUFFLE_BATCHES);
}

/** A random order (Fisher & Yates). */
function shuffle<T>(items: readonly T[], seed: number, site: number): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(seed >>> 0, site, i) * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
