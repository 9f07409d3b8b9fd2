import { checkSignal, turnOf } from "../signal.ts";
import { batchesOf } from "./batches.ts";
import { IGNORED_LABEL } from "./labels.ts";
import { isLeftOut } from "./loss-scale.ts";
import { followLoss, type LossTrend, NO_TREND } from "./loss-trend.ts";
import { peakRate, rateFactor, type Schedule } from "./schedule.ts";
import type { Example, Trainee } from "./trainee.ts";

export interface FinetuneSettings extends Schedule {
  readonly epochs: number;
  readonly batchSize: number;
  /** Batches whose gradients add up to one step. */
  readonly accumulate: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** Of the order of examples and of dropout, 32 bits. */
  readonly seed: number;
  /** Stops between two steps: the trainee is then as the last report left it. With one, the event loop turns before each. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a run is: what is needed, beside the trainee's state, to go on exactly as it would have. */
export interface Position {
  /** Steps done. */
  readonly step: number;
  /** Of the step to come; from 0. */
  readonly epoch: number;
  /** Steps of that epoch that are done. */
  readonly stepInEpoch: number;
  readonly trend: LossTrend;
}

export interface StepReport {
  readonly position: Position;
  readonly steps: number;
  /** The epoch that this step belongs to, and whether it was its last. */
  readonly epoch: number;
  readonly endsEpoch: boolean;
  /** The mean over sequences under a CRF, over labelled tokens without. */
  readonly loss: number;
  /** Before clipping; not finite where mixed precision left the step out. */
  readonly gradientNorm: number;
  /** As {@link Trainee.lossScale}, after the step. */
  readonly lossScale?: number | undefined;
  readonly learningRate: number;
  readonly tokens: number;
}

export const START: Position = { step: 0, epoch: 0, stepInEpoch: 0, trend: NO_TREND };

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Trains, a step each time that it is asked for one. Whoever asks may stop at any point, keep the trainee's state with the
 * position, and go on from there later: what follows is the same, bit for bit.
 *
 * @param lossesIn how many losses a batch's sum has: {@link sequencesOf} under a CRF, {@link labelsIn} without
 * @throws {TrainingError} `diverged`, where the loss has risen for good; where the gradients were not finite, the weights are
 *   those of the step before
 */
export async function* finetune(
  trainee: Trainee,
  examples: readonly Example[],
  settings: FinetuneSettings,
  layers: number,
  lossesIn: (batch: readonly Example[]) => number,
  from: Position = START,
): AsyncGenerator<StepReport, void> {
  const { epochs, batchSize, accumulate, seed, signal } = settings;
  checkSignal(signal);
  const stepsInEpoch = Math.ceil(Math.ceil(examples.length / batchSize) / accumulate);
  const steps = epochs * stepsInEpoch;
  let { step, trend } = from;
  for (let epoch = from.epoch; epoch < epochs; epoch++) {
    const batches = batchesOf(examples, batchSize, seed, epoch);
    for (let i = epoch === from.epoch ? from.stepInEpoch : 0; i < stepsInEpoch; i++) {
      if (signal !== undefined) await turnOf(signal);
      step++;
      const parts = batches.slice(i * accumulate, (i + 1) * accumulate);
      const losses = lossesIn(parts.flat());
      const scale = trainee.lossScale;
      const shares = parts.map((batch, part) =>
        trainee.accumulate(batch, (seed * 0x10001 + step * accumulate + part) >>> 0, 1 / losses),
      );
      const factor = rateFactor(settings, step, steps);
      const norm = trainee.update({
        ...ADAM,
        learningRate: (name) => factor * peakRate(settings, name, layers),
        weightDecay: settings.weightDecay,
        clipNorm: settings.clipNorm,
        step,
      });
      const [gradientNorm, ...partLosses] = await Promise.all([norm, ...shares]);
      const loss = partLosses.reduce((sum, part) => sum + part, 0);
      const { lossScale } = trainee;
      if (!isLeftOut(scale, lossScale)) trend = followLoss(trend, loss, gradientNorm, step);
      const endsEpoch = i + 1 === stepsInEpoch;
      yield {
        position: endsEpoch
          ? { step, epoch: epoch + 1, stepInEpoch: 0, trend }
          : { step, epoch, stepInEpoch: i + 1, trend },
        steps,
        epoch,
        endsEpoch,
        loss,
        gradientNorm,
        lossScale,
        learningRate: factor * settings.learningRate,
        tokens: parts.flat().reduce((sum, { inputIds }) => sum + inputIds.length, 0),
      };
    }
  }
}

/** How many losses a CRF's sum has. */
export const sequencesOf = (batch: readonly Example[]): number => batch.length;

/** How many losses a cross-entropy's sum has. */
export const labelsIn = (batch: readonly Example[]): number =>
  batch.reduce((sum, { labels }) => sum + labels.filter((label) => label !== IGNORED_LABEL).length, 0);
