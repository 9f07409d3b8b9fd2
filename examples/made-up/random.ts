import { uniform } from "../../src/train/random.ts";

/** Random choices that depend on the seed alone: the same seed makes the same text on any machine. */
export class Random {
  readonly #seed: number;
  readonly #site: number;
  #drawn = 0;

  /** @param site apart from other series of the same seed; 32 bits, as is the seed */
  constructor(seed: number, site = 0) {
    this.#seed = seed >>> 0;
    this.#site = site >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    return uniform(this.#seed, this.#site, this.#drawn++);
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** A whole number, both ends included. */
  between(lowest: number, highest: number): number {
    return lowest + this.below(highest - lowest + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: ArrayLike<T>): T {
    return items[this.below(items.length)]!;
  }

  /** One of the values, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.next() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    return choices.at(-1)![1];
  }

  /** One of the makers by weight, and what it makes. */
  make<T>(makers: readonly (readonly [weight: number, maker: (random: Random) => T])[]): T {
    return this.weighted(makers)(this);
  }

  digits(count: number): string {
    let text = "";
    for (let i = 0; i < count; i++) text += this.below(10);
    return text;
  }

  repeat(count: number, maker: (random: Random) => string): string {
    let text = "";
    for (let i = 0; i < count; i++) text += maker(this);
    return text;
  }
}
