import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { runTrainingAnswers } from "../../src/train/wasm/known-answer.ts";
import type { KnownAnswer } from "../../src/wasm/answer-sheet.ts";
import { acceptsPath, KERNEL_PATHS, type KernelPath, selectKernels } from "../../src/wasm/kernel-path.ts";
import { runKnownAnswers } from "../../src/wasm/known-answer.ts";
import { wrongBinaries } from "./wrong-binaries.ts";

type Answer = (module: WebAssembly.Module) => Promise<KnownAnswer[]>;
type Modules = Readonly<Record<KernelPath, WebAssembly.Module>>;

/** For every kernel whose answer is known, a module that gets it wrong, and all those asked before it right. */
async function wrongModules(binary: Uint8Array, answer: Answer): Promise<Map<string, WebAssembly.Module>> {
  const modules = new Map<string, WebAssembly.Module>();
  for (const wrong of wrongBinaries(binary)) {
    const module = await WebAssembly.compile(wrong);
    const first = (await answer(module)).find(({ passed }) => !passed);
    if (first !== undefined && !modules.has(first.kernel)) modules.set(first.kernel, module);
  }
  return modules;
}

const FAMILIES = [
  { family: "kernels", answer: runKnownAnswers, product: "gemm" },
  { family: "train-kernels", answer: runTrainingAnswers, product: "matmul" },
] as const;

for (const { family, answer, product } of FAMILIES) {
  describe(`an engine that computes the ${family} wrongly`, {
    skip: !acceptsPath("relaxed") && "no relaxed SIMD here",
  }, () => {
    let right: Modules;
    let wrong: Record<KernelPath, Map<string, WebAssembly.Module>>;
    before(async () => {
      const compiled = KERNEL_PATHS.map(async (path) => {
        const binary = new Uint8Array(
          readFileSync(new URL(`../../build/${family}.${path}.wasm`, import.meta.url)),
        );
        return [path, await WebAssembly.compile(binary), await wrongModules(binary, answer)] as const;
      });
      const paths = await Promise.all(compiled);
      right = Object.fromEntries(paths.map(([path, module]) => [path, module])) as Modules;
      wrong = Object.fromEntries(paths.map(([path, , modules]) => [path, modules])) as typeof wrong;
    });

    const select = (modules: Modules, forced?: KernelPath) =>
      selectKernels(async (path) => modules[path], forced, false, answer);

    test("is noticed in every kernel whose answer is known", async () => {
      const kernels = (await answer(right.simd)).map(({ kernel }) => kernel);
      for (const path of KERNEL_PATHS) {
        assert.deepEqual(new Set(wrong[path].keys()), new Set(kernels), path);
      }
    });

    test("gets the plain kernels where the relaxed ones are wrong", async () => {
      assert.equal((await select(right)).path, "relaxed");
      for (const module of wrong.relaxed.values()) {
        const selected = await select({ ...right, relaxed: module });
        assert.deepEqual(selected, { path: "simd", module: right.simd });
      }
    });

    test("gets no kernels where both are wrong, and is told which", async () => {
      const relaxed = wrong.relaxed.get(product)!;
      for (const [kernel, simd] of wrong.simd) {
        await assert.rejects(select({ relaxed, simd }), {
          name: "EngineError",
          code: "wrong-answer",
          message: new RegExp(`the kernel "${kernel}" of the path "simd"`),
        });
      }
    });

    test("gets no other kernels than the ones that it is forced to", async () => {
      const relaxed = wrong.relaxed.get("layerNorm")!;
      await assert.rejects(select({ ...right, relaxed }, "relaxed"), {
        code: "wrong-answer",
        message: /the kernel "layerNorm" of the path "relaxed"/,
      });
    });
  });
}
