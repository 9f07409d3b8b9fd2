import { test } from "node:test";
import { createPretraining } from "../../src/train.node.ts";
import { acceptsPath, KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { assertPretrainsAsPyTorch } from "./pretraining-golden.ts";

for (const kernels of KERNEL_PATHS) {
  for (const [threads, parts] of [
    [1, 1],
    [1, 3],
    ...(kernels === "simd" ? [[2, 1] as const] : []),
  ] as const) {
    test(
      `a hundred steps of pre-training in ${parts} part(s) go as PyTorch's: ${kernels} kernels, ${threads} thread(s)`,
      { skip: !acceptsPath(kernels) && `no ${kernels} kernels here` },
      () =>
        assertPretrainsAsPyTorch(
          (settings, initial) => createPretraining({ ...settings, kernels, threads }, initial),
          parts,
        ),
    );
  }
}
