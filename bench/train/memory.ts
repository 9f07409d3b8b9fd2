// What memory the bench's fine-tuning step takes, and that it stays: `node bench/train/memory.ts`. `--steps` tells how many,
// `--device` on what (wasm unless told).
import { parseArgs } from "node:util";
import { parseDevice } from "./device-option.ts";
import { startOurs } from "./ours.ts";
import { TASK } from "./task.ts";

const { values: options } = parseArgs({
  options: { steps: { type: "string", default: "1000" }, device: { type: "string", default: "wasm" } },
});
const steps = Number(options.steps);
if (!Number.isInteger(steps) || steps < 1) {
  throw new RangeError(`--steps must be a whole number from 1 on, not ${options.steps}`);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const { contender, trainee } = await startOurs(TASK, parseDevice(options.device));
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
