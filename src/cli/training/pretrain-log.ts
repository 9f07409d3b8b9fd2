import { formatRate, formatSeconds } from "../../report/numbers.ts";
import type { PretrainingLosses, PretrainingScores } from "../../train/electra-pretraining.ts";

/** A step of pre-training in a run's log. */
export interface PretrainEntry {
  readonly step: number;
  readonly steps: number;
  readonly losses: PretrainingLosses;
  /** Null where mixed precision left the step out. */
  readonly gradientNorm: number | null;
  readonly learningRate: number;
  readonly tokens: number;
  /** Of training, since the first step. */
  readonly seconds: number;
  /** Of the steps since the last entry that has them. */
  readonly scores?: PretrainingScores;
}

export const isPretraining = (entry: object): entry is PretrainEntry => "losses" in entry;

/** How both networks do, in a line. */
export function describePretraining(
  { step, steps, losses }: Pick<PretrainEntry, "step" | "steps" | "losses">,
  { generatorAccuracy, precision, recall, auc }: PretrainingScores,
): string {
  return (
    `step ${step} of ${steps}: generator loss ${losses.generator.toFixed(3)}, ` +
    `accuracy ${generatorAccuracy.toFixed(4)}; discriminator loss ${losses.discriminator.toFixed(4)}, ` +
    `precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}, AUC ${auc.toFixed(4)}`
  );
}

/** How fast it goes, and how long it will take. */
export function describePace(entries: readonly PretrainEntry[]): string {
  const { step, steps, seconds } = entries.at(-1)!;
  const tokens = entries.reduce((sum, entry) => sum + entry.tokens, 0);
  const left = formatSeconds(Math.ceil((seconds / step) * (steps - step)));
  return `${formatRate(tokens, seconds)} tokens/s, ${left} left`;
}
