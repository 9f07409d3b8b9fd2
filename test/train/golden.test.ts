import { test } from "node:test";
import { acceptsPath, KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { assertTrainsAsPyTorch } from "./finetune-golden.ts";

for (const head of ["crf", "softmax", "sequence", "bigru-crf", "electra-bigru-crf"]) {
  for (const kernels of KERNEL_PATHS) {
    for (const threads of [1, 2]) {
      test(
        `ten steps of a ${head} network on ${kernels} kernels and ${threads} thread(s) go as PyTorch's`,
        {
          skip: !acceptsPath(kernels) && `no ${kernels} kernels here`,
        },
        () => assertTrainsAsPyTorch(head, { kernels, threads }),
      );
    }
  }
}
