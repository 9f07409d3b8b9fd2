import type { KernelModule, KernelPath } from "./kernel-path.ts";
import { withSharedMemory } from "./shared-module.ts";

/** Kernels that travel inside the JavaScript, so that no bundler has a file to lose; each is compiled once. */
export function embeddedModules(texts: Readonly<Record<KernelPath, string>>): KernelModule {
  const compiled = new Map<string, Promise<WebAssembly.Module>>();
  return (path, shared = false) => {
    const name = shared ? `${path}, shared` : path;
    let module = compiled.get(name);
    if (module === undefined) {
      const binary = decodeModule(texts[path]);
      module = WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
      compiled.set(name, module);
    }
    return module;
  };
}

/**
 * Reads what `scripts/embed-kernels.mjs` writes. By a plain loop: what `Uint8Array.from` calls for each byte is not compiled
 * yet where a process has just begun.
 */
export function decodeModule(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let base = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x23) {
      base = (code - 0x1f) * 91;
    } else {
      bytes[length++] = base + code - (code > 0x5c ? 0x24 : 0x23);
      base = 0;
    }
  }
  return bytes.slice(0, length);
}
