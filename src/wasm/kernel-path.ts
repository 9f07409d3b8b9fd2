import { EngineError } from "../errors.ts";
import type { KnownAnswer } from "./answer-sheet.ts";
import { probeFeatures } from "./features.ts";
import { runKnownAnswers } from "./known-answer.ts";

/** The builds of the kernels: `relaxed` uses relaxed SIMD's multiply-add and dot product, `simd` runs everywhere. */
export type KernelPath = "relaxed" | "simd";

/** Best first. The order is fixed: timing at load would cost the cold start, and Workers' clocks stand still. */
export const KERNEL_PATHS: readonly KernelPath[] = ["relaxed", "simd"];

/** Compiles a build of some kernels, for a shared memory or not; how they arrive differs from place to place. */
export type KernelModule = (path: KernelPath, shared?: boolean) => Promise<WebAssembly.Module>;

export interface SelectedKernels {
  readonly path: KernelPath;
  readonly module: WebAssembly.Module;
}

/** Whether the engine accepts a path's instructions. */
export function acceptsPath(path: KernelPath): boolean {
  const features = probeFeatures();
  return path === "relaxed" ? features.relaxedSimd : features.simd;
}

/**
 * The best path that this engine accepts and computes right.
 *
 * @param forced the only one to try
 * @param shared for a memory that threads share
 * @param answer runs a module's kernels on inputs whose results are known
 * @throws {EngineError} `no-simd` where the engine accepts none, `wrong-answer` where it computes wrongly
 */
export async function selectKernels(
  kernelModule: KernelModule,
  forced?: KernelPath,
  shared = false,
  answer: (module: WebAssembly.Module) => Promise<KnownAnswer[]> = runKnownAnswers,
): Promise<SelectedKernels> {
  const accepted = (forced === undefined ? KERNEL_PATHS : [forced]).filter(acceptsPath);
  let problem = new EngineError(
    "no-simd",
    forced === "relaxed"
      ? "this JavaScript engine has no relaxed WebAssembly SIMD (Node 22, Chrome 114)"
      : "this JavaScript engine has no WebAssembly SIMD (Node 16.4, Chrome 91, Safari 16.4)",
  );
  for (const path of accepted) {
    const module = await kernelModule(path);
    const wrong = (await answerOnce(module, answer)).find(({ passed }) => !passed);
    if (wrong === undefined) return { path, module: shared ? await kernelModule(path, true) : module };
    problem = new EngineError(
      "wrong-answer",
      `this engine computes the kernel "${wrong.kernel}" of the path "${path}" wrongly: ` +
        `relative error ${wrong.relativeError}`,
    );
  }
  throw problem;
}

const answers = new WeakMap<WebAssembly.Module, Promise<KnownAnswer[]>>();

/** Some engines accept an instruction and compute it wrongly, so acceptance alone proves nothing. Asks a module once. */
function answerOnce(
  module: WebAssembly.Module,
  answer: (module: WebAssembly.Module) => Promise<KnownAnswer[]>,
): Promise<KnownAnswer[]> {
  let known = answers.get(module);
  if (known === undefined) {
    known = answer(module);
    answers.set(module, known);
  }
  return known;
}
