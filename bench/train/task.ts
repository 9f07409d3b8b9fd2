import { readFileSync } from "node:fs";
import type { ElectraConfig } from "../../src/model/config.ts";
import { IGNORED_LABEL } from "../../src/train/labels.ts";
import type { Example } from "../../src/train/trainee.ts";

/** The step that all contenders take: one network, one batch. */
export interface Task {
  readonly config: ElectraConfig;
  readonly labels: number;
  /** Sequences. */
  readonly batch: number;
  /** Of each sequence, with `[CLS]` and `[SEP]`, which carry no label. */
  readonly tokens: number;
  readonly threads: number;
  readonly learning_rate: number;
  readonly weight_decay: number;
  readonly clip_norm: number;
}

export const TASK: Task = JSON.parse(readFileSync(new URL("task.json", import.meta.url), "utf8"));

/** The batch that torch-step.py makes too. */
export function makeBatch({ config, labels, batch, tokens }: Task): Example[] {
  return Array.from({ length: batch }, (_, row) => ({
    inputIds: Int32Array.from({ length: tokens }, (_, t) => (37 * row + 11 * t) % config.vocab_size),
    labels: Int32Array.from({ length: tokens }, (_, t) =>
      t === 0 || t === tokens - 1 ? IGNORED_LABEL : (row + t) % labels,
    ),
  }));
}
