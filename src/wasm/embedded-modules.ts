import type { KernelModule, KernelPath } from "./kernel-path.ts";
import { withSharedMemory } from "./shared-module.ts";

/** Kernels that travel inside the JavaScript, so that no bundler has a file to lose; each is compiled once. */
export function embeddedModules(hexadecimal: Readonly<Record<KernelPath, string>>): KernelModule {
  const compiled = new Map<string, Promise<WebAssembly.Module>>();
  return (path, shared = false) => {
    const name = shared ? `${path}, shared` : path;
    let module = compiled.get(name);
    if (module === undefined) {
      const binary = decode(hexadecimal[path]);
      module = WebAssembly.compile(shared ? withSharedMemory(binary) : binary);
      compiled.set(name, module);
    }
    return module;
  };
}

/** By a plain loop: what `Uint8Array.from` calls for each byte is not compiled yet where a process has just begun. */
function decode(hexadecimal: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hexadecimal.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digit(hexadecimal.charCodeAt(2 * i)) << 4) | digit(hexadecimal.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** The value of 0 … 9 or a … f, whose codes are 48 … 57 and 97 … 102. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
