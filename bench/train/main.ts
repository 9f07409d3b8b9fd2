// What a fine-tuning step takes beside other programs that take the same one: `npm run bench:train`. Of jax-js and
// TensorFlow.js, which run in Chromium, forward and backward alone. `--python` names an interpreter with
// bench/train/requirements.txt (python3 unless told), `--device` what ours runs on (wasm unless told), `--rounds` how often each takes its turn, `--json` prints the result
// alone.
import { parseArgs } from "node:util";
import { findChromium } from "../../test/runtimes/chromium.ts";
import { interleave, median } from "../peers/measure.ts";
import { parseDevice } from "./device-option.ts";
import { type Ours, startOurs } from "./ours.ts";
import { type BrowserContender, Pages } from "./pages.ts";
import { PEERS } from "./peers.ts";
import { TASK } from "./task.ts";
import { startTorch } from "./torch.ts";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    device: { type: "string", default: "wasm" },
    rounds: { type: "string", default: "31" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new RangeError(`--rounds must be a whole number from 1 on, not ${options.rounds}`);
}

const device = parseDevice(options.device);

const say = (message: string) => process.stderr.write(`${message}\n`);

const NEAR = 1e-3;

/** The same weights and texts have to give the same loss and gradients, else it is another network that is timed. */
async function verify({ name, run, gradientNorm }: BrowserContender, { loss, ...ours }: Ours): Promise<void> {
  for (const [what, theirs, expected] of [
    ["loss", await run(), loss],
    ["gradients' norm", await gradientNorm(), ours.gradientNorm],
  ] as const) {
    if (Math.abs(theirs / expected - 1) < NEAR) continue;
    throw new Error(`${name} computes another network: its ${what} is ${theirs}, ours ${expected}`);
  }
}

/** Those that run in pages; none where there is no Chromium. */
async function startPeers(ours: Ours): Promise<{ peers: BrowserContender[]; pages?: Pages }> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    say("no Chromium, so no comparison with jax-js and TensorFlow.js");
    return { peers: [] };
  }
  if (!PEERS.installed) {
    say("installing the peers");
    PEERS.install();
  }
  const pages = await Pages.open(executablePath, ours.inputs);
  const peers = [
    await pages.start("jax-js, wasm", "jax.js"),
    await pages.start("TensorFlow.js, wasm", "tfjs.js"),
  ];
  for (const peer of peers) await verify(peer, ours);
  return { peers, pages };
}

const ours = await startOurs(TASK, device);
const torch = await startTorch(options.python, "torch-step.py");
const { peers, pages } = await startPeers(ours);
// Two uncounted steps before each that counts, since PyTorch's threads spin for a while once they are done, which would
// take a core from whoever comes next.
const contenders = [ours.contender, torch, ...peers];
const timings = await interleave(contenders, { budget: 0, fewest: rounds, most: rounds, leads: 2 });
torch.close();
await pages?.close();

const ourTimes = timings.get(ours.contender.name)!;
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
