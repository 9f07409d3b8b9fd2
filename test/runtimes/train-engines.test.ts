import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { KernelPath } from "../../src/wasm/kernel-path.ts";
import { BUN, type EnginePackage, isThere, NODE_20, NODE_22 } from "./engines.ts";

/** Of each path's kernels the losses on one thread and on two; null where the engine refuses its instructions. */
type Losses = Readonly<Record<KernelPath, readonly [readonly number[], readonly number[]] | null>>;

const PROGRAM = fileURLToPath(new URL("train-program.js", import.meta.url));

/** JavaScriptCore's sines and multiply-adds differ from V8's in the last bits, and every step builds on the one before. */
const TOLERANCES = { V8: 1e-6, JavaScriptCore: 1e-3 };

describe("the built trainer learns the same everywhere:", () => {
  let reference: Losses;

  /** Runs the program, which has to end by itself. */
  async function run(program: string): Promise<Losses> {
    const { stdout } = await promisify(execFile)(program, [PROGRAM], { timeout: 60_000 });
    return JSON.parse(stdout);
  }

  before(async () => {
    reference = await run(process.execPath);
  });

  test("Node 24 learns, on either path", () => {
    for (const path of ["relaxed", "simd"] as const) {
      const [alone, together] = reference[path]!;
      assert.deepEqual(together, alone);
      assert.equal(alone.length, 24);
      assert.ok(alone.at(-1)! < alone[0]! / 2, `${path}: from ${alone[0]} to ${alone.at(-1)}`);
    }
  });

  const ENGINES: readonly [name: string, engine: EnginePackage, kind: keyof typeof TOLERANCES][] = [
    ["Node 20", NODE_20, "V8"],
    ["Node 22", NODE_22, "V8"],
    ["Bun", BUN, "JavaScriptCore"],
  ];
  for (const [name, { program }, kind] of ENGINES) {
    test(name, async (t) => {
      if (!isThere(t, name, program)) return;
      const losses = await run(program);
      assert.notEqual(losses.simd, null);
      for (const path of ["relaxed", "simd"] as const) {
        if (losses[path] === null) {
          t.diagnostic(`refuses the ${path} kernels`);
          continue;
        }
        const [alone, together] = losses[path];
        assert.deepEqual(together, alone, `${path}: two threads`);
        alone.forEach((loss, step) => {
          const expected = reference[path]![0][step]!;
          const error = Math.abs(loss / expected - 1);
          assert.ok(error < TOLERANCES[kind], `${path}, step ${step + 1}: ${loss}, in Node 24 ${expected}`);
        });
      }
    });
  }
});
