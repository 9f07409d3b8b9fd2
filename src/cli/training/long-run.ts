import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Command } from "commander";
import { UsageError } from "../failure.ts";
import { write } from "../terminal.ts";
import type { RunFolder } from "./run-folder.ts";

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
