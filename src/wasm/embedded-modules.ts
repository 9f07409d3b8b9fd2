import type { KernelModule, KernelPath } from "./kernel-path.ts";
import { withSharedMemory } from "./shared-module.ts";

/** Kernels that travel inside the JavaScript, so that no bundler has a file to lose; each is compiled once. */
export function embeddedModules(base64: Readonly<Record<KernelPath, string>>): KernelModule {
  const compiled = new Map<string, Promise<WebAssembly.Module>>();
  return (path, shared = false) => {
    const name = shared ? `${path}, shared` : path;
    let module = compiled.get(name);
    if (module === undefined) {
      const binary = decodeBase64(base64[path]);
      module = WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
      compiled.set(name, module);
    }
    return module;
  };
}

/** By a plain loop: what `Uint8Array.from` calls for each byte is not compiled yet where a process has just begun. */
function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
