// What a fine-tuning step takes beside other programs that take the same one: `node bench/train/main.ts`. `--python` names
// an interpreter with bench/train/requirements.txt (python3 unless told), `--rounds` how often each takes its turn,
// `--json` prints the result alone.
import { parseArgs } from "node:util";
import { interleave, median } from "../peers/measure.ts";
import { startOurs } from "./ours.ts";
import { TASK } from "./task.ts";
import { startTorch } from "./torch.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "31" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new RangeError(`--rounds must be a whole number from 1 on, not ${options.rounds}`);
}

const ours = await startOurs(TASK);
const torch = await startTorch(options.python);
// Two uncounted steps before each that counts, since PyTorch's threads spin for a while once they are done, which would
// take a core from whoever comes next.
const timings = await interleave([ours, torch], { budget: 0, fewest: rounds, most: rounds, leads: 2 });
torch.close();

const ourTimes = timings.get(ours.name)!;
const rows = [...timings].map(([name, times]) => ({
  name,
  milliseconds: median(times),
  /** How many times as long as ours: the median over the rounds. */
  ratio: median(times.map((time, i) => time / ourTimes[i]!)),
}));
if (options.json) {
  console.log(JSON.stringify({ task: TASK, rounds, rows }, undefined, 2));
} else {
  for (const { name, milliseconds, ratio } of rows) {
    console.log(
      `${name.padEnd(28)} ${milliseconds.toFixed(1).padStart(8)} ms  ${ratio.toFixed(2).padStart(6)} × ours`,
    );
  }
}
process.exit();
