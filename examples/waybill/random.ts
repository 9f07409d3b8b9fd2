import { Random } from "../made-up/random.ts";

/** Something to choose, with how often it is chosen beside the others. */
export type Weighted<T> = readonly [weight: number, value: T];

/** Draws by Mulberry32, which the rows that the shipped model learned from were drawn with. */
export class WaybillRandom extends Random {
  #state: number;

  constructor(seed: number) {
    super(seed);
    this.#state = seed >>> 0;
  }

  override next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Small numbers as often as large ones: each order of magnitude has its share. */
  magnitude(lowest: number, highest: number): number {
    return Math.floor(lowest * ((highest + 1) / lowest) ** this.next());
  }

  shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}

/** Deals its items in random order and shuffles again when all are dealt, so that none is left out for long. */
export class Deck<T> {
  readonly #items: readonly T[];
  readonly #random: WaybillRandom;
  #dealt: T[] = [];

  constructor(items: readonly T[], random: WaybillRandom) {
    this.#items = items;
    this.#random = random;
  }

  draw(): T {
    if (this.#dealt.length === 0) this.#dealt = this.#random.shuffled(this.#items);
    return this.#dealt.pop()!;
  }
}
