import { readFileSync } from "node:fs";
import type { ElectraConfig } from "../../src/model/config.ts";
import { generatorConfig } from "../../src/train/pretraining-parameters.ts";

/** The step that both take: two networks, one batch without padding. */
export interface PretrainingTask {
  readonly discriminator: ElectraConfig;
  readonly generator_size: number;
  /** Sequences. */
  readonly batch: number;
  /** Of each sequence, and how many of them are masked. */
  readonly tokens: number;
  readonly masked: number;
  readonly threads: number;
  readonly learning_rate: number;
  readonly weight_decay: number;
  readonly clip_norm: number;
}

/** For a processor, and for a GPU: ELECTRA-small with its own batch. */
export const TASKS = ["pretraining-task", "pretraining-small-task"] as const;

/** @param name of a file of this folder, which torch-pretraining-step.py reads too */
export const readTask = (name: (typeof TASKS)[number]): PretrainingTask =>
  JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"));

/** Forward, and backward by values and by weights. */
const PASSES = 3;

/** Floating-point operations of a step's products, attention's included; a product and a sum are two. */
export function operationsOf({
  discriminator,
  generator_size,
  batch,
  tokens,
  masked,
}: PretrainingTask): number {
  const generator = generatorConfig(discriminator, generator_size);
  const encoder = (config: ElectraConfig) => {
    const { hidden_size: hidden, intermediate_size: intermediate, embedding_size: embedding } = config;
    const layer = 4 * hidden * hidden + 2 * hidden * intermediate + 2 * tokens * hidden;
    const project = embedding === hidden ? 0 : embedding * hidden;
    return config.num_hidden_layers * layer + project;
  };
  const { hidden_size, embedding_size, vocab_size } = discriminator;
  const eachToken = encoder(generator) + encoder(discriminator) + hidden_size * (hidden_size + 1);
  const eachMasked = embedding_size * (generator.hidden_size + vocab_size);
  return PASSES * 2 * batch * (tokens * eachToken + masked * eachMasked);
}
