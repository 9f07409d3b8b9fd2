import { relaxedKernels, simdKernels } from "../../build/kernels.ts";
import type { KernelModule, KernelPath } from "./kernel-path.ts";

const compiled = new Map<KernelPath, Promise<WebAssembly.Module>>();

/** The kernels, compiled once. They travel inside the JavaScript, so that no bundler has a file to lose. */
export const kernelModule: KernelModule = (path) => {
  let module = compiled.get(path);
  if (module === undefined) {
    module = WebAssembly.compile(kernelBytes(path));
    compiled.set(path, module);
  }
  return module;
};

/** The binary itself. */
export function kernelBytes(path: KernelPath): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(path === "relaxed" ? relaxedKernels : simdKernels), (c) => c.charCodeAt(0));
}
