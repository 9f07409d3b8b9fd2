const INITIAL = 65_536;
const GROWTH = 2;
const BACKOFF = 0.5;
/** Steps in a row without an overflow, after which it grows. */
const GROWTH_INTERVAL = 2000;
const SMALLEST = 1;

/** Whether a step was left out, by its trainee's scale before and after. */
export const isLeftOut = (before: number | undefined, after: number | undefined): boolean =>
  before !== undefined && after !== undefined && after < before;

/** What a checkpoint keeps it as. */
export const LOSS_SCALE = "adam.loss_scale";

/**
 * What the loss is multiplied with so that small gradients don't vanish in 16 bits (Micikevicius et al. 2018, section 3.2),
 * as torch.amp.GradScaler moves it: half as large where gradients had no place in 16 bits, twice as large after many steps
 * in which they had.
 */
export class LossScale {
  #value = INITIAL;
  /** Since it grew or fell. */
  #steps = 0;

  /** A power of two, so that to scale back loses nothing. */
  get value(): number {
    return this.#value;
  }

  /** What it is for the next step, by whether the gradients of this one were all finite. */
  follow(fitted: boolean): void {
    if (!fitted) {
      this.#value = Math.max(SMALLEST, this.#value * BACKOFF);
      this.#steps = 0;
    } else if (++this.#steps === GROWTH_INTERVAL) {
      this.#value *= GROWTH;
      this.#steps = 0;
    }
  }

  state(): Float32Array {
    return Float32Array.of(this.#value, this.#steps);
  }

  /** @throws {RangeError} where it isn't what {@link state} gives */
  restore(state: Float32Array | undefined): void {
    const [value = 0, steps = 0] = state ?? [];
    if (!(value >= SMALLEST)) throw new RangeError(`no scale of the loss in tensor "${LOSS_SCALE}"`);
    this.#value = value;
    this.#steps = steps;
  }
}
