import { createTrainee } from "../../src/train.node.ts";
import type { Contender } from "../peers/measure.ts";
import { makeBatch, type Task } from "./task.ts";

/** Forward, backward, clipping and AdamW, as the trainer takes a step. */
export async function startOurs(task: Task): Promise<Contender> {
  const trainee = await createTrainee({
    config: task.config,
    head: "crf",
    labels: task.labels,
    seed: 1,
    threads: task.threads,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    classifier_dropout: 0,
  });
  const batch = makeBatch(task);
  let step = 0;
  return {
    name: "electra-edge",
    async run() {
      const loss = await trainee.accumulate(batch, 0, 1 / task.batch);
      await trainee.update({
        learningRate: () => task.learning_rate,
        weightDecay: task.weight_decay,
        clipNorm: task.clip_norm,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        step: ++step,
      });
      return loss;
    },
  };
}
