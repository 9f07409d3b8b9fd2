import { TrainingError } from "../errors.ts";
import { checkSignal, turnOf } from "../signal.ts";
import type { ElectraPretraining, MaskedExample, PretrainingLosses } from "./electra-pretraining.ts";
import { isLeftOut } from "./loss-scale.ts";
import { pretrainingRateFactor } from "./schedule.ts";

export interface PretrainSettings {
  readonly steps: number;
  readonly warmupSteps: number;
  /** At its height. */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** Of dropout and of what is drawn from the generator, 32 bits. */
  readonly seed: number;
  /** Stops between two steps: the trainee is then as the last report left it. With one, the event loop turns before each. */
  readonly signal?: AbortSignal | undefined;
}

export interface PretrainReport {
  /** Steps done, this one included. */
  readonly step: number;
  readonly steps: number;
  /** The generator's mean over masked tokens, the discriminator's over all. */
  readonly losses: PretrainingLosses;
  /** Before clipping; not finite where mixed precision left the step out. */
  readonly gradientNorm: number;
  /** As `Trainee.lossScale`, after the step. */
  readonly lossScale?: number | undefined;
  readonly learningRate: number;
  readonly tokens: number;
}

/** A step's batches, whose gradients add up; the same for the same step, which is counted from 1. */
export type BatchesOfStep = (step: number) => readonly (readonly MaskedExample[])[];

/** Adam as google-research/electra has it. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, correctBias: false };

/**
 * Trains, a step each time that it is asked for one. Whoever asks may stop at any point, keep the trainee's state with the
 * number of the step, and go on from there later: what follows is the same, bit for bit.
 *
 * @param done steps that have been taken
 * @throws {TrainingError} `diverged` where a loss or the gradients are no longer finite; the weights are then those of the
 *   step before
 * @throws {InputError} `bad-option` where `signal` is none, and its reason once it has aborted
 */
export async function* pretrain(
  trainee: Pick<ElectraPretraining, "accumulate" | "update" | "lossScale">,
  batchesOfStep: BatchesOfStep,
  settings: PretrainSettings,
  done = 0,
): AsyncGenerator<PretrainReport, void> {
  const { steps, warmupSteps, weightDecay, clipNorm, seed, signal } = settings;
  checkSignal(signal);
  for (let step = done + 1; step <= steps; step++) {
    if (signal !== undefined) await turnOf(signal);
    const batches = batchesOfStep(step);
    const examples = batches.flat();
    const tokens = examples.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    const masked = examples.reduce((sum, { maskedPositions }) => sum + maskedPositions.length, 0);
    const scale = { generator: 1 / Math.max(1, masked), discriminator: 1 / tokens };
    const lossScaleBefore = trainee.lossScale;
    const shares = batches.map((batch, part) =>
      trainee.accumulate(batch, (seed * 0x10001 + step * batches.length + part) >>> 0, scale),
    );
    const learningRate = settings.learningRate * pretrainingRateFactor(warmupSteps, step, steps);
    const norm = trainee.update({
      ...ADAM,
      learningRate: () => learningRate,
      weightDecay,
      clipNorm,
      step,
    });
    const [gradientNorm, ...parts] = await Promise.all([norm, ...shares]);
    const losses = {
      generator: parts.reduce((sum, { generator }) => sum + generator, 0),
      discriminator: parts.reduce((sum, { discriminator }) => sum + discriminator, 0),
    };
    const { lossScale } = trainee;
    const finite = [losses.generator, losses.discriminator, gradientNorm].every(Number.isFinite);
    if (!finite && !isLeftOut(lossScaleBefore, lossScale)) {
      const values = `the losses are ${losses.generator} and ${losses.discriminator}, the gradients' norm ${gradientNorm}`;
      throw new TrainingError("diverged", `step ${step}: ${values}`);
    }
    yield { step, steps, losses, gradientNorm, lossScale, learningRate, tokens };
  }
}
