import { trainKernels } from "../../../build/train-kernels.ts";
import { withSharedMemory } from "../../wasm/shared-module.ts";

const compiled = new Map<boolean, Promise<WebAssembly.Module>>();

/** The training kernels, compiled once for each kind of memory. */
export function trainingModule(shared: boolean): Promise<WebAssembly.Module> {
  let module = compiled.get(shared);
  if (module === undefined) {
    const binary = Uint8Array.from(atob(trainKernels), (c) => c.charCodeAt(0));
    module = WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
    compiled.set(shared, module);
  }
  return module;
}
