import assert from "node:assert/strict";
import { test } from "node:test";
import { gumbel } from "../../src/train/random.ts";
import { acceptsPath, KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { describeReplacedTokens } from "./replaced-tokens-suite.ts";
import { wasmDevice } from "./wasm-devices.ts";

for (const path of KERNEL_PATHS) {
  if (!acceptsPath(path)) {
    test(`the ${path} kernels`, (t) => t.skip(`this engine does not take the ${path} kernels`));
    continue;
  }
  for (const threads of [1, 2]) {
    describeReplacedTokens(`wasm, ${path} kernels, ${threads} thread(s)`, () => wasmDevice(path, threads));
  }
}

test("Gumbel noise is finite at both ends of what a hash can be", () => {
  let [lowest, highest] = [Infinity, -Infinity];
  for (let i = 0; i < 1e6; i++) {
    const noise = gumbel(0, 0, i);
    lowest = Math.min(lowest, noise);
    highest = Math.max(highest, noise);
  }
  assert.ok(lowest > -2.82 && lowest < -2.4, `${lowest}`); // −log(24 log 2) is the least that there is
  assert.ok(highest < 16.7 && highest > 11, `${highest}`); // about 24 log 2 the most
});
