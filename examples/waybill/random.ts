/** Something to choose, with how often it is chosen beside the others. */
export type Weighted<T> = readonly [weight: number, value: T];

/** A seeded stream of random numbers (Mulberry32): the same seed gives the same waybills everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1, 1 excluded. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `lowest` to `highest`, both included. */
  integer(lowest: number, highest: number): number {
    return lowest + Math.floor(this.next() * (highest - lowest + 1));
  }

  /** Small numbers as often as large ones: each order of magnitude has its share. */
  magnitude(lowest: number, highest: number): number {
    return Math.floor(lowest * ((highest + 1) / lowest) ** this.next());
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => this.integer(0, 9)).join("");
  }

  /** An item of a list, or a character of a string. */
  pick<T>(items: readonly T[]): T;
  pick(items: string): string;
  pick<T>(items: readonly T[] | string): T | string {
    return items[Math.floor(this.next() * items.length)]!;
  }

  weighted<T>(choices: readonly Weighted<T>[]): T {
    let left = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return choices.at(-1)![1];
  }

  shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}

/** Deals its items in random order and shuffles again when all are dealt, so that none is left out for long. */
export class Deck<T> {
  readonly #items: readonly T[];
  readonly #random: Random;
  #dealt: T[] = [];

  constructor(items: readonly T[], random: Random) {
    this.#items = items;
    this.#random = random;
  }

  draw(): T {
    if (this.#dealt.length === 0) this.#dealt = this.#random.shuffled(this.#items);
    return this.#dealt.pop()!;
  }
}
