import { relaxedKernels, simdKernels } from "../../build/kernels.ts";
import type { KernelModule, KernelPath } from "./kernel-path.ts";
import { withSharedMemory } from "./shared-module.ts";

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** The kernels, compiled once. They travel inside the JavaScript, so that no bundler has a file to lose. */
export const kernelModule: KernelModule = (path, shared = false) => {
  const name = shared ? `${path}, shared` : path;
  let module = compiled.get(name);
  if (module === undefined) {
    const binary = kernelBytes(path);
    module = WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
    compiled.set(name, module);
  }
  return module;
};

function kernelBytes(path: KernelPath): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(path === "relaxed" ? relaxedKernels : simdKernels), (c) => c.charCodeAt(0));
}
