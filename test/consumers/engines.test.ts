// The package outside of browsers: what docs/deploy/node.md has its readers do, done with the packed package in a fresh project.
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { describe, test } from "node:test";
import { BUN, isThere, NODE_20, NODE_22 } from "../runtimes/engines.ts";
import { type PageSteps, stepsOf } from "./page-steps.ts";
import { PackedPackage, runIn } from "./project.ts";
import { consumerTest, TOOLS } from "./tools.ts";

const PAGE = "deploy/node.md";
const MODULES = stepsOf(PAGE, "ES modules");

describe("the packed package outside of browsers:", () => {
  const packed = new PackedPackage();

  async function assertRuns(
    { files, commands, output }: PageSteps,
    program = process.execPath,
  ): Promise<void> {
    const folder = await packed.createProject(files);
    assert.equal(await runIn(folder, commands, [dirname(program)]), output);
  }

  const NODES = [
    ["Node 20", NODE_20.program],
    ["Node 22", NODE_22.program],
    ["Node 24", process.execPath],
  ] as const;
  for (const [name, program] of NODES) {
    for (const heading of ["ES modules", "CommonJS", "Threads"]) {
      test(`${heading} in ${name}`, async (t) => {
        if (isThere(t, name, program)) await assertRuns(stepsOf(PAGE, heading), program);
      });
    }
  }

  test("the command line", async () => {
    const { commands } = stepsOf(PAGE, "The command line");
    const printed = await runIn(await packed.createProject(MODULES.files), commands);
    const entities: { word: string }[] = JSON.parse(printed).entities;
    assert.deepEqual(
      entities.map(({ word }) => word),
      ["张三", "18600009172"],
    );
  });

  test("Bun", async (t) => {
    if (!isThere(t, "Bun", BUN.program)) return;
    await assertRuns({ ...stepsOf(PAGE, "Bun"), files: MODULES.files }, BUN.program);
    const required = stepsOf(PAGE, "CommonJS");
    await assertRuns({ ...required, commands: "bun main.cjs" }, BUN.program);
  });

  consumerTest("Deno", async () => {
    const program = TOOLS.file(".bin/deno");
    await assertRuns({ ...stepsOf(PAGE, "Deno"), files: MODULES.files }, program);
    const required = stepsOf(PAGE, "CommonJS");
    await assertRuns({ ...required, commands: "deno run --allow-read main.cjs" }, program);
  });
});
