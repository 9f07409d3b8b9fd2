import { test } from "node:test";
import { createPretraining } from "../../src/train.node.ts";
import { tellThatGpuIsMissing, testGpu } from "./gpus.ts";
import { assertPretrainsAsPyTorch } from "./pretraining-golden.ts";

/** In milliseconds: a hundred steps take a software adapter a minute, and more beside other tests. */
const TIMEOUT = 600_000;

test("a hundred steps of pre-training on WebGPU go as PyTorch's", { timeout: TIMEOUT }, async (t) => {
  if ((await testGpu()) === undefined) return tellThatGpuIsMissing(t);
  await assertPretrainsAsPyTorch(
    (settings, initial) => createPretraining({ ...settings, device: "webgpu" }, initial),
    1,
  );
});
