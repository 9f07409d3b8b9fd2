import { EngineError } from "../errors.ts";
import type { Kernels } from "./kernels.ts";

const PAGE_BYTES = 65_536;
const ADDRESS_LIMIT = 2 ** 32;
const ALIGNMENT = 16; // of a v128

/**
 * One instance of the kernels with a memory of its own. Memory is laid out first and grown once: `reserve` hands out
 * addresses, `commit` makes them real. Nothing is ever freed by piece; dropping the machine frees it all.
 */
export class Machine<K extends Pick<Kernels, "heapBase"> = Kernels> {
  readonly kernels: K;
  readonly #memory: WebAssembly.Memory;
  #reserved: number;
  #committed: number;

  private constructor(memory: WebAssembly.Memory, kernels: K) {
    this.#memory = memory;
    this.kernels = kernels;
    this.#reserved = kernels.heapBase();
    this.#committed = this.#reserved;
  }

  /** @param memory the machine's own where it is not given; shared, of the final size, for a team's module */
  static async create<K extends Pick<Kernels, "heapBase"> = Kernels>(
    module: WebAssembly.Module,
    memory = Machine.#newMemory({ initial: 1 }),
  ): Promise<Machine<K>> {
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    return new Machine(memory, instance.exports as unknown as K);
  }

  /**
   * @param pages of 64 KiB: at once the memory's size and its limit
   * @param maximum the limit, where the memory is to grow
   */
  static sharedMemory(pages: number, maximum = pages): WebAssembly.Memory {
    return Machine.#newMemory({ initial: pages, maximum, shared: true });
  }

  static #newMemory(descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
    try {
      return new WebAssembly.Memory(descriptor);
    } catch (error) {
      const megabytes = Math.ceil((descriptor.initial * PAGE_BYTES) / 1e6);
      const what = descriptor.shared ? "shared memory" : "memory";
      throw new EngineError("out-of-memory", `no ${what} of ${megabytes} MB: ${error}`);
    }
  }

  get memory(): WebAssembly.Memory {
    return this.#memory;
  }

  get reservedBytes(): number {
    return this.#reserved;
  }

  /** Pages of 64 KiB that hold all that has been reserved. */
  get reservedPages(): number {
    return Math.ceil(this.#reserved / PAGE_BYTES);
  }

  /** Sets `bytes` aside and returns their address; usable after {@link commit}. */
  reserve(bytes: number): number {
    const address = Math.ceil(this.#reserved / ALIGNMENT) * ALIGNMENT;
    if (!(bytes >= 0) || address + bytes > ADDRESS_LIMIT) {
      throw new EngineError("out-of-memory", `a model of more than 4 GiB does not fit WebAssembly's memory`);
    }
    this.#reserved = address + bytes;
    return address;
  }

  /**
   * Grows the memory to hold all that was reserved; new memory is zero.
   *
   * @throws {EngineError} `out-of-memory`; what was reserved since the last time is then free again
   */
  commit(): void {
    const pages = this.reservedPages - this.byteLength / PAGE_BYTES;
    try {
      if (pages > 0) this.#memory.grow(pages);
    } catch (error) {
      const megabytes = Math.ceil(this.#reserved / 1e6);
      this.#reserved = this.#committed;
      throw new EngineError("out-of-memory", `no memory for a model that needs ${megabytes} MB: ${error}`);
    }
    this.#committed = this.#reserved;
  }

  /** Size of the memory in bytes. */
  get byteLength(): number {
    return this.#memory.buffer.byteLength;
  }

  bytes(address: number, count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer, address, count);
  }

  floats(address: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer as ArrayBuffer, address, count);
  }

  doubles(address: number, count: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#memory.buffer as ArrayBuffer, address, count);
  }

  integers(address: number, count: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#memory.buffer as ArrayBuffer, address, count);
  }
}
