import { batchesOf } from "./batches.ts";
import { type Masking, maskTokens, type Sequence } from "./masking.ts";
import type { BatchesOfStep } from "./pretrain.ts";

export interface MaskedBatchesSettings {
  readonly batchSize: number;
  /** Batches whose gradients add up to one step. */
  readonly accumulate: number;
  /** Of the order of sequences and of masks, 32 bits. */
  readonly seed: number;
  readonly masking: Masking;
}

/** How many steps go through all sequences once. */
export function stepsInEpoch(
  sequences: readonly unknown[],
  { batchSize, accumulate }: Pick<MaskedBatchesSettings, "batchSize" | "accumulate">,
): number {
  return Math.ceil(Math.ceil(sequences.length / batchSize) / accumulate);
}

/**
 * The batches of any step: all sequences again and again, each time in another order and masked anew. What a step is given
 * depends on nothing but its number.
 */
export function maskedBatches(
  sequences: readonly Sequence[],
  settings: MaskedBatchesSettings,
): BatchesOfStep {
  const { batchSize, accumulate, seed, masking } = settings;
  const perEpoch = stepsInEpoch(sequences, settings);
  let current: { readonly epoch: number; readonly batches: readonly Sequence[][] } | undefined;
  return (step) => {
    const epoch = Math.floor((step - 1) / perEpoch);
    if (current?.epoch !== epoch) {
      current = { epoch, batches: batchesOf(sequences, batchSize, seed, epoch) };
    }
    const first = ((step - 1) % perEpoch) * accumulate;
    const masks = (seed * 0x10001 + step) >>> 0;
    let row = 0;
    return current.batches
      .slice(first, first + accumulate)
      .map((batch) => batch.map((sequence) => maskTokens(sequence, masking, masks, row++)));
  };
}
