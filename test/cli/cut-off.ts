import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "./electra-edge.ts";

/** The lines of a run's log. */
export async function logOf(run: string): Promise<Record<string, number>[]> {
  const text = await readFile(join(run, "log.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Starts a run, and sends it a signal once it has logged so many lines. */
export async function cutOff(args: readonly string[], run: string, lines: number, signal: NodeJS.Signals) {
  const child = start(args);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const closed = once(child, "close");
  for (;;) {
    const written = existsSync(join(run, "log.jsonl")) ? (await logOf(run).catch(() => [])).length : 0;
    if (written >= lines || child.exitCode !== null) break;
    await sleep(5);
  }
  assert.equal(child.exitCode, null, `the run was over before it could be cut off: ${stderr}`);
  child.kill(signal);
  await closed;
  return { code: child.exitCode, stderr };
}
