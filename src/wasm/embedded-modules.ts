import type { KernelModule, KernelPath } from "./kernel-path.ts";
import { withSharedMemory } from "./shared-module.ts";

/** Kernels that travel inside the JavaScript, so that no bundler has a file to lose; each is compiled once. */
export function embeddedModules(base64: Readonly<Record<KernelPath, string>>): KernelModule {
  const compiled = new Map<string, Promise<WebAssembly.Module>>();
  return (path, shared = false) => {
    const name = shared ? `${path}, shared` : path;
    let module = compiled.get(name);
    if (module === undefined) {
      const binary = Uint8Array.from(atob(base64[path]), (c) => c.charCodeAt(0));
      module = WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
      compiled.set(name, module);
    }
    return module;
  };
}
