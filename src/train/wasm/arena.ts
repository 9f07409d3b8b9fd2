import type { Machine } from "../../wasm/machine.ts";
import type { TrainingKernels } from "./kernels.ts";

const BLOCK_BYTES = 1 << 24;

/** Memory for what lives as long as a step. It grows to what the largest step took, and is used again by all others. */
export class Arena {
  readonly #machine: Machine<TrainingKernels>;
  readonly #blocks: { readonly address: number; readonly bytes: number }[] = [];
  #block = 0;
  #used = 0;

  constructor(machine: Machine<TrainingKernels>) {
    this.#machine = machine;
  }

  /** @throws {EngineError} `out-of-memory` */
  allocate(bytes: number): number {
    const rounded = Math.ceil(bytes / 16) * 16;
    for (; this.#block < this.#blocks.length; this.#block++, this.#used = 0) {
      const { address, bytes } = this.#blocks[this.#block]!;
      if (this.#used + rounded > bytes) continue;
      this.#used += rounded;
      return address + this.#used - rounded;
    }
    const size = Math.max(BLOCK_BYTES, rounded);
    const address = this.#machine.reserve(size);
    this.#machine.commit();
    this.#blocks.push({ address, bytes: size });
    this.#used = rounded;
    return address;
  }

  release(): void {
    this.#block = 0;
    this.#used = 0;
  }
}
