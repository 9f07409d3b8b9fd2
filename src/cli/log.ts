import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { RunFolder } from "./run-folder.ts";
import { write } from "./terminal.ts";

const LOOK_AGAIN_MS = 1000;

interface LogOptions {
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function logCommand(): Command {
  return new Command("log")
    .description("show how a training run does")
    .argument("<run>", "its folder")
    .option("--follow", "keep on until it ends")
    .option("--json", "print the log's own JSON lines")
    .action(showLog);
}

async function showLog(run: string, { follow, json }: LogOptions): Promise<void> {
  const { folder } = await RunFolder.open(run);
  let shown = 0;
  for (;;) {
    // A resumed run takes back what it had logged after its checkpoint; what is logged anew is the same.
    const entries = await folder.readLog();
    for (const entry of entries.slice(shown)) {
      await write(process.stdout, `${json ? JSON.stringify(entry) : describe(entry)}\n`);
    }
    shown = Math.max(shown, entries.length);
    if (!follow || (await folder.hasResult())) return;
    await sleep(LOOK_AGAIN_MS);
  }
}

interface LogEntry {
  readonly seed: number;
  readonly step: number;
  readonly epoch: number;
  readonly dev?: { readonly f1?: number; readonly accuracy?: number };
  readonly steps?: number;
  readonly loss?: number;
  readonly gradientNorm?: number;
  readonly learningRate?: number;
}

function describe(entry: Record<string, unknown>): string {
  const { seed, step, epoch, dev, steps, loss, learningRate } = entry as unknown as LogEntry;
  const place = `seed ${seed}, epoch ${epoch}`;
  if (dev !== undefined) {
    const [metric, score] = dev.f1 === undefined ? ["accuracy", dev.accuracy!] : ["F1", dev.f1];
    return `${place}: dev ${metric} ${score.toFixed(4)}`;
  }
  return `${place}, step ${step} of ${steps}: loss ${loss!.toFixed(4)}, learning rate ${learningRate!.toExponential(2)}`;
}
