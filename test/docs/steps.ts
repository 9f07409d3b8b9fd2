import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const docs = new URL("../../docs/", import.meta.url);

/** A step of a page: a block of TypeScript and the block of text that stands under it. */
interface Step {
  readonly code: string;
  readonly output: string;
}

function stepsOf(page: string): Step[] {
  const steps = page.matchAll(/^```ts\n(.*?)^```\n\n^```text\n(.*?)^```$/gms);
  return Array.from(steps, ([, code, output]) => ({ code, output }));
}

/**
 * Runs every block of TypeScript on a page and asserts that it prints what stands under it. All of a page's blocks share
 * one module, as a reader's file would, and run where the page lies.
 *
 * @returns how many there are
 */
export function assertStepsHold(name: string): number {
  const page = readFileSync(new URL(name, docs), "utf8");
  const steps = stepsOf(page);
  assert.equal(steps.length, page.match(/^```ts$/gm)?.length, "each block of code has its output below it");

  const mark = "\u0000next step\n";
  const program = steps
    .map(({ code }) => `${code}\nprocess.stdout.write(${JSON.stringify(mark)});\n`)
    .join("");
  const run = spawnSync(process.execPath, ["--input-type=module-typescript"], {
    cwd: fileURLToPath(docs),
    input: program,
    encoding: "utf8",
  });
  assert.equal(run.status, 0, run.stderr);
  const printed = run.stdout.split(mark);
  for (const [i, { code, output }] of steps.entries()) assert.equal(printed[i], output, code);
  return steps.length;
}
