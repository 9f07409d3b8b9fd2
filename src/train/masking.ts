import { uniform } from "./random.ts";

/** A sequence to mask. */
export interface Sequence {
  readonly inputIds: Int32Array;
  /** How many tokens belong to the first segment; all others are of type 1. */
  readonly firstSegment: number;
  /** Where whole words are masked: for each token the number of its word, −1 for those that belong to none. */
  readonly words?: Int32Array;
}

export interface Masking {
  /** Share of a sequence's tokens that are masked out. */
  readonly probability: number;
  readonly maskId: number;
  /** `[CLS]`, `[SEP]`, `[PAD]` and `[MASK]`, which never are. */
  readonly specialIds: ReadonlySet<number>;
}

/** The share of masked tokens that the generator sees as `[MASK]`; it sees the others as they are. */
const SHOWN_AS_MASK = 0.85;

/** Sites of random numbers, a few for each row of a batch, apart from those of a network's own draws. */
const MASKING = 0x3a5c0000;

/**
 * Chooses tokens for the generator to predict (Clark et al. 2020, section 2; google-research/electra): a share of all, at
 * least one, drawn anew for every seed. Where sequences have words, whole ones are taken, in random order, as long as they
 * fit into the share.
 *
 * @param seed of the step, 32 bits @param row of the sequence in the batch
 */
export function maskTokens<T extends Sequence>(
  sequence: T,
  { probability, maskId, specialIds }: Masking,
  seed: number,
  row: number,
): T & { readonly maskedPositions: Int32Array; readonly maskedIds: Int32Array } {
  const { inputIds, words } = sequence;
  const site = MASKING + 2 * row;
  const units = unitsOf(inputIds, words, specialIds);
  shuffle(units, seed, site);
  const most = Math.max(1, Math.round(inputIds.length * probability));
  const chosen: number[] = [];
  for (const unit of units) {
    if (chosen.length >= most) break;
    if (chosen.length === 0 || chosen.length + unit.length <= most) chosen.push(...unit);
  }
  const maskedPositions = Int32Array.from(chosen).sort();
  const maskedIds = inputIds.slice();
  for (const position of maskedPositions) {
    if (uniform(seed, site + 1, position) < SHOWN_AS_MASK) maskedIds[position] = maskId;
  }
  return { ...sequence, maskedPositions, maskedIds };
}

/** The tokens that may be masked out, each for itself or the words' together. */
function unitsOf(
  inputIds: Int32Array,
  words: Int32Array | undefined,
  specialIds: ReadonlySet<number>,
): number[][] {
  const units: number[][] = [];
  let last: number | undefined;
  for (const [position, id] of inputIds.entries()) {
    if (specialIds.has(id)) continue;
    const word = words?.[position] ?? -1;
    if (word >= 0 && word === last) units.at(-1)!.push(position);
    else units.push([position]);
    last = word;
  }
  return units;
}

/** A random order in place (Fisher & Yates). */
function shuffle(items: unknown[], seed: number, site: number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(seed, site, i) * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}
