// What a pre-training step takes, ours beside PyTorch's: `node bench/train/pretraining.ts`. `--python` names an interpreter
// with bench/train/requirements.txt (python3 unless told), `--device` what ours runs on (wasm unless told), `--rounds` how often each takes its turn, `--json` prints the
// result alone.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ElectraConfig } from "../../src/model/config.ts";
import { generatorConfig } from "../../src/train/pretraining-parameters.ts";
import { createPretraining, type MaskedExample } from "../../src/train.node.ts";
import { type Contender, interleave, median } from "../peers/measure.ts";
import { parseDevice } from "./device-option.ts";
import { startTorch } from "./torch.ts";

/** The step that both take: two networks, one batch without padding. */
interface Task {
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

const TASK: Task = JSON.parse(readFileSync(new URL("pretraining-task.json", import.meta.url), "utf8"));
const MASK = 4;

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    device: { type: "string", default: "wasm" },
    rounds: { type: "string", default: "11" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new RangeError(`--rounds must be a whole number from 1 on, not ${options.rounds}`);
}

/** The batch that torch-pretraining-step.py makes too. */
function makeBatch({ discriminator, batch, tokens, masked }: Task): MaskedExample[] {
  const maskedPositions = Int32Array.from({ length: masked }, (_, i) => 1 + 6 * i);
  return Array.from({ length: batch }, (_, row) => {
    const inputIds = Int32Array.from(
      { length: tokens },
      (_, t) => 5 + ((37 * row + 11 * t) % (discriminator.vocab_size - 5)),
    );
    const maskedIds = inputIds.slice();
    for (const position of maskedPositions) maskedIds[position] = MASK;
    return { inputIds, firstSegment: tokens, maskedPositions, maskedIds };
  });
}

async function startOurs(task: Task): Promise<Contender> {
  const { discriminator, generator_size, batch, tokens, masked, threads } = task;
  const trainee = await createPretraining({
    discriminator,
    generator: generatorConfig(discriminator, generator_size),
    dropout: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
    seed: 1,
    threads,
    device: parseDevice(options.device),
  });
  const examples = makeBatch(task);
  const scale = { generator: 1 / (batch * masked), discriminator: 1 / (batch * tokens) };
  let step = 0;
  return {
    name: `electra-edge (${trainee.kernels})`,
    async run() {
      const losses = trainee.accumulate(examples, ++step, scale);
      await trainee.update({
        learningRate: () => task.learning_rate,
        weightDecay: task.weight_decay,
        clipNorm: task.clip_norm,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-6,
        correctBias: false,
        step,
      });
      return losses;
    },
  };
}

const ours = await startOurs(TASK);
const torch = await startTorch(options.python, "torch-pretraining-step.py");
const timings = await interleave([ours, torch], { budget: 0, fewest: rounds, most: rounds, leads: 1 });
torch.close();

const theirs = timings.get(torch.name)!;
const rows = [...timings].map(([name, times]) => ({
  name,
  milliseconds: median(times),
  tokensPerSecond: (1000 * TASK.batch * TASK.tokens) / median(times),
  /** How many times as long as PyTorch: the median over the rounds. */
  ratio: median(times.map((time, i) => time / theirs[i]!)),
}));
if (options.json) {
  console.log(JSON.stringify({ task: TASK, rounds, rows }, undefined, 2));
} else {
  for (const { name, milliseconds, tokensPerSecond, ratio } of rows) {
    console.log(
      `${name.padEnd(24)} ${milliseconds.toFixed(0).padStart(7)} ms  ${tokensPerSecond.toFixed(0).padStart(7)} tokens/s  ` +
        `${ratio.toFixed(2).padStart(6)} × PyTorch`,
    );
  }
}
process.exit();
