// What memory the bench's fine-tuning step takes, and that it stays: `node bench/train/memory.ts`. `--steps` tells how many,
// `--device` on what (wasm unless told), and `--tiny` takes a network and batches that a GPU in software gets through.
import { parseArgs } from "node:util";
import { parseDevice } from "./device-option.ts";
import { startOurs } from "./ours.ts";
import { TASK, type Task } from "./task.ts";

const TINY: Task = {
  ...TASK,
  config: {
    ...TASK.config,
    vocab_size: 40,
    embedding_size: 16,
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 64,
  },
  batch: 4,
  tokens: 12,
};

const { values: options } = parseArgs({
  options: {
    steps: { type: "string", default: "1000" },
    device: { type: "string", default: "wasm" },
    tiny: { type: "boolean", default: false },
  },
});
const steps = Number(options.steps);
if (!Number.isInteger(steps) || steps < 1) {
  throw new RangeError(`--steps must be a whole number from 1 on, not ${options.steps}`);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const { contender, trainee } = await startOurs(options.tiny ? TINY : TASK, parseDevice(options.device));
const tell = (step: number) => {
  const [device, process_] = [trainee.byteLength, process.memoryUsage.rss()].map(megabytes);
  console.log(`step ${String(step).padStart(5)}: the device holds ${device}, the process ${process_}`);
};
tell(1);
for (let step = 2; step <= steps; step++) {
  await contender.run();
  if (step === 2 || step % Math.ceil(steps / 5) === 0) tell(step);
}
trainee.dispose();
process.exit();
