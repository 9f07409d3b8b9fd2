// What a pre-training step takes, ours beside PyTorch's eager one of 32 bits (without TF32): `node bench/train/pretraining.ts`,
// or on a GPU, with ELECTRA-small and its own batch, `node bench/train/pretraining.ts --device webgpu --task
// pretraining-small-task --torch-device cuda --peak 67`.
// --python        an interpreter with bench/train/requirements.txt (python3 unless told)
// --device, --fp16   what ours runs on (wasm unless told), and whether in mixed precision
// --no-subgroups  sums up without a GPU's subgroups
// --torch-device  what PyTorch runs on: cpu unless told, cuda
// --task          a file of this folder, without its ending
// --peak          the device's, in TFLOP/s, to tell which share of it is reached
// --rounds        how often each takes its turn
// --json          prints the result alone
import { parseArgs } from "node:util";
import { generatorConfig } from "../../src/train/pretraining-parameters.ts";
import { createPretraining, type MaskedExample } from "../../src/train.node.ts";
import { type Contender, interleave, median } from "../peers/measure.ts";
import { parseDevice } from "./device-option.ts";
import { operationsOf, type PretrainingTask, readTask, TASKS } from "./pretraining-task.ts";
import { startTorch } from "./torch.ts";

const MASK = 4;

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    device: { type: "string", default: "wasm" },
    fp16: { type: "boolean", default: false },
    "no-subgroups": { type: "boolean", default: false },
    "torch-device": { type: "string", default: "cpu" },
    task: { type: "string", default: "pretraining-task" },
    peak: { type: "string" },
    rounds: { type: "string", default: "11" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new RangeError(`--rounds must be a whole number from 1 on, not ${options.rounds}`);
}

const name = TASKS.find((name) => name === options.task);
if (name === undefined)
  throw new RangeError(`--task must be one of ${TASKS.join(", ")}, not ${options.task}`);
const TASK = readTask(name);
const peak = options.peak === undefined ? undefined : Number(options.peak) * 1e12;
if (peak !== undefined && !(peak > 0)) {
  throw new RangeError(`--peak must be a number of TFLOP/s, not ${options.peak}`);
}

/** The batch that torch-pretraining-step.py makes too. */
function makeBatch({ discriminator, batch, tokens, masked }: PretrainingTask): MaskedExample[] {
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

async function startOurs(task: PretrainingTask): Promise<Contender> {
  const { discriminator, generator_size, batch, tokens, masked, threads } = task;
  const trainee = await createPretraining({
    discriminator,
    generator: generatorConfig(discriminator, generator_size),
    dropout: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
    seed: 1,
    threads,
    device: parseDevice(options.device),
    fp16: options.fp16,
    subgroups: !options["no-subgroups"],
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
const torch = await startTorch(options.python, "torch-pretraining-step.py", [
  ...["--task", name, "--device", options["torch-device"]],
]);
const timings = await interleave([ours, torch], { budget: 0, fewest: rounds, most: rounds, leads: 1 });
torch.close();

const theirs = timings.get(torch.name)!;
const rows = [...timings].map(([name, times]) => ({
  name,
  milliseconds: median(times),
  tokensPerSecond: (1000 * TASK.batch * TASK.tokens) / median(times),
  /** Of the products' operations alone; of what else is done there are few. */
  shareOfPeak: peak && (1000 * operationsOf(TASK)) / median(times) / peak,
  /** How many times as long as PyTorch: the median over the rounds. */
  ratio: median(times.map((time, i) => time / theirs[i]!)),
}));
if (options.json) {
  console.log(JSON.stringify({ task: TASK, rounds, rows }, undefined, 2));
} else {
  for (const { name, milliseconds, tokensPerSecond, shareOfPeak, ratio } of rows) {
    const share = shareOfPeak === undefined ? "" : `  ${(100 * shareOfPeak).toFixed(1)} % of the peak`;
    console.log(
      `${name.padEnd(24)} ${milliseconds.toFixed(0).padStart(7)} ms  ${tokensPerSecond.toFixed(0).padStart(7)} tokens/s  ` +
        `${ratio.toFixed(2).padStart(6)} × PyTorch${share}`,
    );
  }
}
process.exit();
