import type { FinetuneSettings } from "./finetune.ts";
import type { DropoutRates } from "./network.ts";

/** How a run fine-tunes unless it is told otherwise, on the command line as well. Rates are those for a network from nothing. */
export const FINETUNE_DEFAULTS: FinetuneSettings = {
  epochs: 10,
  batchSize: 16,
  accumulate: 1,
  learningRate: 5e-4,
  crfLearningRate: 5e-3,
  layerDecay: 1,
  warmup: 0.1,
  weightDecay: 0.01,
  clipNorm: 1,
  seed: 1,
};

/** ELECTRA's own (Clark et al. 2020, appendix B). */
export const DROPOUT_DEFAULTS: DropoutRates = {
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  classifier_dropout: 0.1,
};
