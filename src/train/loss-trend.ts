import { TrainingError } from "../errors.ts";

/** Steps whose mean loss is what later ones are held against. */
const OPENING_STEPS = 20;
/** What one step weighs in the recent loss. */
const SHARE = 0.1;
/** How many times the opening loss the recent one may be. */
const LIMIT = 4;

/** How a run's loss goes; part of what is needed to go on with a run. */
export interface LossTrend {
  /** The mean of the first 20 steps, or of those that there were. */
  readonly opening: number;
  /** A running mean of about the last ten. */
  readonly recent: number;
}

export const NO_TREND: LossTrend = { opening: 0, recent: 0 };

/**
 * The trend with one more loss.
 *
 * @param step counted from 1
 * @throws {TrainingError} `diverged` where the loss or the gradients' norm isn't finite, or losses have grown to four times
 *   what they were at first: such a run does not come back
 */
export function followLoss(trend: LossTrend, loss: number, gradientNorm: number, step: number): LossTrend {
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
    const detail = `step ${step}: the loss is ${loss}, the gradients' norm ${gradientNorm}`;
    throw new TrainingError("diverged", detail);
  }
  const opening = step > OPENING_STEPS ? trend.opening : trend.opening + (loss - trend.opening) / step;
  const recent = step === 1 ? loss : trend.recent + SHARE * (loss - trend.recent);
  if (recent > LIMIT * opening) {
    const detail = `step ${step}: the loss has grown from ${opening.toPrecision(3)} to ${recent.toPrecision(3)}`;
    throw new TrainingError("diverged", detail);
  }
  return { opening, recent };
}
