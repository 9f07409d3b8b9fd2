import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface MadeUpTraining {
  /** The run's folder; where there is a run already, it goes on. */
  readonly run: string;
  /** Makes up what the settings name, before a run begins. */
  readonly makeUp: () => Promise<void>;
  /** Options of `electra-edge finetune`. */
  readonly settings: readonly (readonly [option: string, value: string])[];
}

/**
 * Trains on data that is made up first, or goes on with the run where it was cut off. What it prints and how it ends is up to
 * `electra-edge finetune`. The program's own arguments go along where a run begins; one that goes on keeps to its settings.
 */
export async function trainModel({ run, makeUp, settings }: MadeUpTraining): Promise<void> {
  const goesOn = existsSync(join(run, "settings.json"));
  if (!goesOn) await makeUp();
  const options = goesOn
    ? ["--resume", run]
    : [...settings.flat(), "--run", run, "--force", ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, [MAIN, "finetune", ...options], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
