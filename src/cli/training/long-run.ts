import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Command } from "commander";
import { ConvertError, EngineError, type EngineErrorCode, TrainingError } from "../../errors.ts";
import { UsageError } from "../failure.ts";
import { write } from "../terminal.ts";
import { watchInterruption } from "./interruption.ts";
import { CHECKPOINT, type RunFolder } from "./run-folder.ts";

/** What every command takes that leaves a run folder. */
export interface RunOptions {
  readonly run?: string;
  readonly resume?: string;
  readonly detach?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

const ALONG_WITH_RESUME = ["resume", "detach", "json"];

export function addRunOptions(command: Command): Command {
  return command
    .option("--run <folder>", "where checkpoints and the log go (default: runs/NAME of the output)")
    .option("--resume <folder>", "go on with a run that was cut off, exactly as it would have gone on")
    .option("--detach", "run in the background; electra-edge log shows how it does")
    .option("--force", "overwrite the output")
    .option("--json", "print the result as JSON");
}

/**
 * A run that goes on keeps to the settings that it began with.
 *
 * @throws {UsageError} for any other that is given
 */
export function assertOnlyResumed(command: Command): void {
  const surplus = command.options.find(
    (option) =>
      command.getOptionValueSource(option.attributeName()) === "cli" &&
      !ALONG_WITH_RESUME.includes(option.attributeName()),
  );
  if (surplus === undefined) return;
  throw new UsageError(`${surplus.long} can't be given with --resume, which keeps to the run's settings`);
}

/** Goes on with a run in a process of its own, which outlives this one. */
export async function startInBackground(folder: RunFolder, command: string): Promise<void> {
  const output = openSync(folder.file("output.log"), "a");
  const [program] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, program!, command, "--resume", folder.path], {
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.unref();
  await folder.assign(child.pid!);
  await write(
    process.stdout,
    `training in the background, process ${child.pid}; electra-edge log ${folder.path} --follow shows how it does\n`,
  );
}

/**
 * Works on a run as its only process.
 *
 * @param work is told whether somebody asked it to stop
 * @throws {TrainingError} `bad-run` where another process works on it
 */
export async function workOn(
  folder: RunFolder,
  work: (interrupted: () => boolean) => Promise<void>,
): Promise<void> {
  await folder.assign(process.pid);
  await folder.sweep();
  const interruption = watchInterruption();
  try {
    await work(() => interruption.wanted);
  } finally {
    interruption.stop();
    await folder.release();
  }
}

/** What a run can go on after, from its last checkpoint. */
const PASSING: readonly EngineErrorCode[] = ["device-lost", "out-of-memory", "gpu-failed", "thread-failed"];

/**
 * What a run ends in that went wrong after a checkpoint of `step`: where it diverged, or the device or the disk failed, the
 * error names that checkpoint.
 *
 * @param place put before the step, where steps alone don't tell the place
 */
export function namingCheckpoint(error: unknown, folder: RunFolder, step: number, place = ""): unknown {
  const saved = step === 0 ? "nothing had been saved" : `${folder.file(CHECKPOINT)} is of step ${step}`;
  if (error instanceof TrainingError && error.code === "diverged") {
    return new TrainingError("diverged", `${place}${error.message}; ${saved}`, { cause: error });
  }
  if (error instanceof EngineError && PASSING.includes(error.code)) {
    return new EngineError(error.code, `${place}${error.message}; ${saved}, --resume ${folder.path} goes on`);
  }
  if (error instanceof ConvertError && error.code === "unwritable") {
    const detail = error.message.slice(error.file.length + 2);
    const goesOn = `${detail}; ${saved}, --resume ${folder.path} goes on`;
    return new ConvertError("unwritable", error.file, goesOn, { cause: error });
  }
  return error;
}
