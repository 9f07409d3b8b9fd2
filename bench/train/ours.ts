import { createTrainee, type DeviceName, type ElectraTrainee } from "../../src/train.node.ts";
import type { Contender } from "../peers/measure.ts";
import type { Inputs, NamedTensor } from "./pages.ts";
import { makeBatch, type Task } from "./task.ts";

export interface Ours {
  readonly contender: Contender;
  readonly trainee: ElectraTrainee;
  /** What the first step began with. */
  readonly inputs: Inputs;
  /** Of the first step. */
  readonly loss: number;
  readonly gradientNorm: number;
}

/** Forward, backward, clipping and AdamW, as the trainer takes a step. */
export async function startOurs(task: Task, device: DeviceName = "wasm"): Promise<Ours> {
  const trainee = await createTrainee({
    config: task.config,
    head: "crf",
    labels: task.labels,
    seed: 1,
    device,
    threads: task.threads,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    classifier_dropout: 0,
  });
  const batch = makeBatch(task);
  const inputs = {
    task,
    inputIds: batch.map(({ inputIds }) => Array.from(inputIds)),
    paths: batch.map(({ labels }) => Array.from(labels).filter((label) => label >= 0)),
    parameters: await parametersOf(trainee),
  };
  let step = 0;
  const takeStep = async () => {
    const shares = trainee.accumulate(batch, 0, 1 / task.batch);
    const norm = trainee.update({
      learningRate: () => task.learning_rate,
      weightDecay: task.weight_decay,
      clipNorm: task.clip_norm,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      step: ++step,
    });
    const [loss, gradientNorm] = await Promise.all([shares, norm]);
    return { loss, gradientNorm };
  };
  const name = `electra-edge (${trainee.kernels})`;
  return { contender: { name, run: takeStep }, trainee, inputs, ...(await takeStep()) };
}

const QUERY = /\.query\.(?=weight$|bias$)/;

/** Query, key and value as one projection, which every contender is faster with. */
async function parametersOf(trainee: ElectraTrainee): Promise<NamedTensor[]> {
  const state = await trainee.state();
  return trainee.parameters.flatMap(({ name, shape }) => {
    if (/\.(key|value)\.(weight|bias)$/.test(name)) return [];
    if (!QUERY.test(name)) return [{ name, shape, values: state.get(name)! }];
    const parts = ["query", "key", "value"].map((part) => state.get(name.replace(QUERY, `.${part}.`))!);
    const values = Float32Array.from(parts.flatMap((part) => Array.from(part)));
    return [
      { name: name.replace(QUERY, ".queryKeyValue."), shape: [3 * shape[0]!, ...shape.slice(1)], values },
    ];
  });
}
