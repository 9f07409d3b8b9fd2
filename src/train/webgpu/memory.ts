import { DisposedError, EngineError } from "../../errors.ts";
import type { Buffer } from "../device.ts";
import type { Connection } from "./connection.ts";

/** Where values lie. */
export interface GpuBuffer extends Buffer {
  readonly memory: GPUBuffer;
  /** In bytes. */
  readonly offset: number;
  /** 2 for floats of 16 bits. */
  readonly bytesPerValue: 2 | 4;
}

const FIRST_BLOCK_BYTES = 1 << 22;
const LARGEST_BLOCK_BYTES = 1 << 28;
/** Of what a kernel can be handed: WebGPU's own default, which no adapter exceeds. */
export const ALIGNMENT = 256;
// What `GPUBufferUsage` names, which isn't there outside of browsers.
const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE] = [0x1, 0x4, 0x8, 0x40, 0x80];
export const USAGES = {
  values: STORAGE | COPY_SRC | COPY_DST,
  parameters: UNIFORM | COPY_DST,
  staging: MAP_READ | COPY_DST,
} as const;
const MAP_TO_READ = 0x1; // `GPUMapMode.READ`
const POOLED_BYTES = 1 << 16;

export const sizeOf = ({ rows, columns }: Buffer): number => rows * columns;
export const bytesOf = (buffer: GpuBuffer): number => sizeOf(buffer) * buffer.bytesPerValue;
const roundUp = (bytes: number, step: number) => Math.ceil(bytes / step) * step;

/** All buffers of one who trains. */
export class Buffers {
  readonly #connection: Connection;
  readonly #held = new Set<GPUBuffer>();
  #byteLength = 0;
  #disposed = false;
  #checks: Promise<void>[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** @throws {EngineError | DisposedError} where no work can be done any more */
  assertUsable(): void {
    if (this.#disposed) throw new DisposedError("device");
    this.#connection.assertAlive();
  }

  /**
   * A buffer of zeros.
   *
   * @throws {EngineError} `out-of-memory` where it is beyond the GPU's limits; where memory is short, {@link settle} throws
   */
  create(bytes: number, usage: keyof typeof USAGES): GPUBuffer {
    this.assertUsable();
    const { device } = this.#connection;
    const limit = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
    if (bytes > limit) {
      throw new EngineError(
        "out-of-memory",
        `${bytes} bytes are more than the ${limit} of one buffer of this GPU`,
      );
    }
    device.pushErrorScope("out-of-memory");
    const buffer = device.createBuffer({ size: bytes, usage: USAGES[usage] });
    const check = device.popErrorScope().then(
      (error) => {
        if (error === null) return;
        const held = Math.ceil(this.#byteLength / 1e6);
        const what = `${bytes} bytes beside the ${held} MB in use`;
        this.#connection.fail("out-of-memory", `the GPU has no ${what}: ${error.message}`);
      },
      () => {}, // a GPU that was lost tells by itself
    );
    this.#checks.push(check);
    this.#held.add(buffer);
    this.#byteLength += bytes;
    return buffer;
  }

  destroy(buffer: GPUBuffer): void {
    if (!this.#held.delete(buffer)) return;
    this.#byteLength -= buffer.size;
    buffer.destroy();
  }

  /** @throws {EngineError} where a buffer was not to be had */
  async settle(): Promise<void> {
    const checks = this.#checks;
    this.#checks = [];
    await this.#connection.guard(Promise.all(checks));
    this.assertUsable();
  }

  dispose(): void {
    this.#disposed = true;
    for (const buffer of this.#held) this.destroy(buffer);
  }
}

/** Memory on the GPU: what lasts, and what lives as long as a step and is used again by the next. */
export class Memory {
  readonly #buffers: Buffers;
  readonly #blocks: GPUBuffer[] = [];
  #block = 0;
  #used = 0;

  constructor(buffers: Buffers) {
    this.#buffers = buffers;
  }

  allocate(rows: number, columns: number, bytesPerValue: 2 | 4 = 4): GpuBuffer {
    const memory = this.#buffers.create(Math.max(ALIGNMENT, rows * columns * bytesPerValue), "values");
    return { rows, columns, memory, offset: 0, bytesPerValue };
  }

  temporary(rows: number, columns: number, bytesPerValue: 2 | 4 = 4): GpuBuffer {
    const bytes = roundUp(Math.max(rows * columns, 1) * bytesPerValue, ALIGNMENT);
    for (; this.#block < this.#blocks.length; this.#block++, this.#used = 0) {
      const memory = this.#blocks[this.#block]!;
      if (this.#used + bytes > memory.size) continue;
      this.#used += bytes;
      return { rows, columns, memory, offset: this.#used - bytes, bytesPerValue };
    }
    // Each block is twice the one before, so that few are enough for a large network and little for a small one.
    const usual = Math.min(FIRST_BLOCK_BYTES * 2 ** this.#blocks.length, LARGEST_BLOCK_BYTES);
    const memory = this.#buffers.create(Math.max(usual, bytes), "values");
    this.#blocks.push(memory);
    this.#used = bytes;
    return { rows, columns, memory, offset: 0, bytesPerValue };
  }

  release(): void {
    this.#block = 0;
    this.#used = 0;
  }
}

/** Buffers from which values are read back. Small ones are used again. */
export class Staging {
  readonly #connection: Connection;
  readonly #buffers: Buffers;
  readonly #free = new Map<number, GPUBuffer[]>();

  constructor(connection: Connection, buffers: Buffers) {
    this.#connection = connection;
    this.#buffers = buffers;
  }

  take(bytes: number): GPUBuffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, ALIGNMENT)));
    if (size > POOLED_BYTES) return this.#buffers.create(bytes, "staging");
    return this.#free.get(size)?.pop() ?? this.#buffers.create(size, "staging");
  }

  /** Reads what was copied there, and takes the buffer back. */
  async read(buffer: GPUBuffer, bytes: number): Promise<Float32Array> {
    try {
      await this.#connection.guard(buffer.mapAsync(MAP_TO_READ, 0, bytes));
    } catch (error) {
      this.#buffers.assertUsable(); // which tells better
      throw error;
    }
    const values = new Float32Array(buffer.getMappedRange(0, bytes).slice(0));
    buffer.unmap();
    if (buffer.size > POOLED_BYTES) this.#buffers.destroy(buffer);
    else this.#giveBack(buffer);
    return values;
  }

  #giveBack(buffer: GPUBuffer): void {
    const others = this.#free.get(buffer.size);
    if (others === undefined) this.#free.set(buffer.size, [buffer]);
    else others.push(buffer);
  }
}
