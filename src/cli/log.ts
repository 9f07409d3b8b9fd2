import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { TrainingError } from "../errors.ts";
import { formatRate, formatSeconds } from "../report/numbers.ts";
import { write } from "./terminal.ts";
import {
  describePace,
  describePretraining,
  isPretraining,
  type PretrainEntry,
} from "./training/pretrain-log.ts";
import { RunFolder } from "./training/run-folder.ts";

const LOOK_AGAIN_MS = 500;
const TELL_AGAIN_MS = 10_000;

interface LogOptions {
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function logCommand(): Command {
  return new Command("log")
    .description("show how a training run does")
    .argument("<run>", "its folder")
    .option("--follow", "keep on until it ends")
    .option("--json", "print the log's own JSON lines, a step each")
    .addHelpText("after", "\nExample:\n  electra-edge log runs/tagger --follow")
    .action(showLog);
}

/** @throws {TrainingError} `bad-run` where the run that is followed stops without coming to its end */
async function showLog(run: string, { follow, json }: LogOptions): Promise<void> {
  const { folder } = await RunFolder.open(run);
  let shown = 0;
  let told = Number.NEGATIVE_INFINITY;
  for (;;) {
    // Asked before the log is read, so that a run's last lines are never missed.
    const [ended, worker] = [await folder.hasResult(), await folder.worker()];
    const entries = (await folder.readLog()) as unknown as LogEntry[];
    // A resumed run takes back what it had logged after its checkpoint; what it logs anew is the same.
    for (const entry of entries.slice(shown)) {
      const line = json ? JSON.stringify(entry) : describeResult(entry);
      if (line !== undefined) await write(process.stdout, `${line}\n`);
    }
    const last = entries.at(-1);
    if (!json && !ended && last !== undefined && !isEpoch(last) && performance.now() - told > TELL_AGAIN_MS) {
      const line = isPretraining(last)
        ? `step ${last.step} of ${last.steps}: ${describePace(entries.filter(isPretraining))}`
        : describeStep(last, entries);
      await write(process.stdout, `${line}\n`);
      told = performance.now();
    }
    shown = Math.max(shown, entries.length);
    if (!follow || ended) return;
    if (worker === undefined) {
      throw new TrainingError("bad-run", `${run}: stopped before its end; --resume ${run} goes on with it`);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

interface Place {
  readonly seed: number;
  readonly step: number;
  readonly epoch: number;
  /** Of training, since the seed's first step. */
  readonly seconds: number;
}

interface StepEntry extends Place {
  readonly steps: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly tokens: number;
}

interface EpochEntry extends Place {
  readonly dev: { readonly f1?: number; readonly accuracy?: number };
}

type LogEntry = StepEntry | EpochEntry | PretrainEntry;

const isEpoch = (entry: LogEntry): entry is EpochEntry => "dev" in entry;

/** A line for what tells how good the model is; undefined for all else. */
function describeResult(entry: LogEntry): string | undefined {
  if (isEpoch(entry)) return describeEpoch(entry);
  if (!isPretraining(entry) || entry.scores === undefined) return undefined;
  return describePretraining(entry, entry.scores);
}

function describeEpoch({ seed, epoch, dev, seconds }: EpochEntry): string {
  const [metric, score] = dev.f1 === undefined ? ["accuracy", dev.accuracy!] : ["F1", dev.f1];
  return `seed ${seed}, epoch ${epoch}: dev ${metric} ${score.toFixed(4)} after ${formatSeconds(seconds)}`;
}

function describeStep(last: StepEntry, entries: readonly LogEntry[]): string {
  const { seed, epoch, step, steps, loss, learningRate, seconds } = last;
  const isOwn = (entry: LogEntry): entry is StepEntry => "loss" in entry && entry.seed === seed;
  const own = entries.filter(isOwn);
  const tokens = own.reduce((sum, entry) => sum + entry.tokens, 0);
  const left = formatSeconds(Math.ceil((seconds / step) * (steps - step)));
  return (
    `seed ${seed}, epoch ${epoch}, step ${step} of ${steps}: loss ${loss.toFixed(4)}, ` +
    `learning rate ${learningRate.toExponential(2)}, ${formatRate(tokens, seconds)} tokens/s, ${left} left`
  );
}
