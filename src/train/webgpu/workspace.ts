import type { Buffer, Dropout } from "../device.ts";
import { Commands, type Groups } from "./commands.ts";
import type { Connection } from "./connection.ts";
import { type Kernel, takesHalves, withHalves, withSubgroups } from "./kernel.ts";
import { COLUMNS, columnSums } from "./kernels/columns.ts";
import { convert, ELEMENTWISE_WORKGROUP, type ElementwiseVariant } from "./kernels/elementwise.ts";
import type { sum } from "./kernels/losses.ts";
import { Buffers, bytesOf, type GpuBuffer, Memory, Staging, sizeOf } from "./memory.ts";

const ROWS_AT_ONCE = 512; // that a workgroup sums by column; more are summed in parts of the following
const CHUNK = 128;
export const ACROSS = 32_768; // workgroups along x, where there may be more than the 65,535 that a direction has

export const units = (count: number, size: number) => Math.ceil(count / size);
/** Workgroups that go on to further units by themselves. */
export const capped = (count: number): Groups => [Math.min(count, ACROSS)];
/** Workgroups in rows of {@link ACROSS}. */
export const across = (count: number): Groups => [Math.min(count, ACROSS), units(count, ACROSS)];

/** How sums by column are shared: the rows of a chunk to a workgroup. */
export function cutColumns({ rows, columns: width }: Buffer) {
  const chunk = rows <= ROWS_AT_ONCE ? Math.max(rows, 1) : CHUNK;
  const chunks = Math.max(units(rows, chunk), 1);
  const groups: Groups = [units(width, COLUMNS), chunks];
  return { rows, columns: width, chunk, chunks, groups };
}

export const dropoutParameters = ({ probability, seed, site }: Dropout) => ({
  probability,
  keptScale: 1 / (1 - Math.fround(probability)),
  seed,
  site,
});

/** Memory on the GPU, and what is recorded to be done with it. */
export class Workspace {
  readonly #connection: Connection;
  readonly #bySubgroups: boolean;
  readonly #buffers: Buffers;
  readonly #memory: Memory;
  readonly #staging: Staging;
  readonly #commands: Commands;

  /** @param bySubgroups whether kernels reduce by subgroups where they can */
  constructor(connection: Connection, bySubgroups: boolean) {
    this.#connection = connection;
    this.#bySubgroups = bySubgroups;
    this.#buffers = new Buffers(connection);
    this.#memory = new Memory(this.#buffers);
    this.#staging = new Staging(connection, this.#buffers);
    this.#commands = new Commands(connection, this.#buffers);
  }

  get byteLength(): number {
    return this.#buffers.byteLength;
  }

  get limits(): GPUSupportedLimits {
    return this.#connection.device.limits;
  }

  allocate(rows: number, columns: number, bytesPerValue: 2 | 4 = 4): GpuBuffer {
    return this.#memory.allocate(rows, columns, bytesPerValue);
  }

  slice(buffer: Buffer, first: number, rows: number, columns: number): GpuBuffer {
    const { memory, offset, bytesPerValue } = buffer as GpuBuffer;
    return { rows, columns, memory, offset: offset + first * bytesPerValue, bytesPerValue };
  }

  temporary(rows: number, columns: number, bytesPerValue: 2 | 4 = 4): GpuBuffer {
    return this.#memory.temporary(rows, columns, bytesPerValue);
  }

  integers(values: ArrayLike<number>): GpuBuffer {
    const buffer = this.temporary(1, values.length);
    this.write(buffer, Int32Array.from(values));
    return buffer;
  }

  release(): void {
    this.#memory.release();
    this.#commands.release();
  }

  write(to: Buffer, values: Float32Array | Int32Array): void {
    this.#buffers.assertUsable();
    const { memory, offset } = to as GpuBuffer;
    const { buffer, byteOffset, byteLength } = values;
    this.#connection.device.queue.writeBuffer(memory, offset, buffer as ArrayBuffer, byteOffset, byteLength);
  }

  async read(buffer: Buffer): Promise<Float32Array> {
    this.#buffers.assertUsable();
    const floats = isHalf(buffer) ? this.#asFloats(buffer) : (buffer as GpuBuffer);
    const bytes = bytesOf(floats);
    const staged = this.#staging.take(bytes);
    this.#commands.copyOut(floats, staged);
    await this.#commands.submit();
    return this.#staging.read(staged, bytes);
  }

  submit(): Promise<void> {
    return this.#commands.submit();
  }

  dispose(): void {
    this.#buffers.dispose();
  }

  /** out [1, columns] (+)= Σ rows of x */
  sumColumns(x: Buffer, out: Buffer, accumulate: boolean): void {
    const { groups, chunks, ...sizes } = cutColumns(x);
    if (chunks === 1) {
      this.run(columnSums, { x, out }, { ...sizes, accumulate: +accumulate }, groups);
      return;
    }
    const partial = this.temporary(chunks, x.columns);
    this.run(columnSums, { x, out: partial }, { ...sizes, accumulate: 0 }, groups);
    this.sumColumns(partial, out, accumulate);
  }

  /** @param kernel a sum, or its root */
  sum(kernel: typeof sum, x: Buffer, out: Buffer): void {
    this.run(kernel, { x, out }, { count: sizeOf(x) }, [1]);
  }

  /** What is done to each value for itself. */
  each<O extends string, P extends string>(
    kernel: (variant: ElementwiseVariant) => Kernel<O | "out", P>,
    operands: Readonly<Record<O | "out", Buffer>>,
    parameters: Readonly<Omit<Record<P, number>, "count">>,
  ): void {
    const size = sizeOf(operands.out);
    const wide = size % 4 === 0;
    const count = wide ? size / 4 : size;
    const all = { ...parameters, count } as Readonly<Record<P | "count", number>>;
    this.run(kernel({ wide }), operands, all, capped(units(count, ELEMENTWISE_WORKGROUP)));
  }

  /** A kernel that knows no floats of 16 bits is handed copies in their place. */
  run<O extends string, P extends string>(
    kernel: Kernel<O, P>,
    operands: Readonly<Record<O, Buffer>>,
    parameters: Readonly<Record<P, number>>,
    groups: Groups,
  ): void {
    const bound = { ...operands } as Record<O, GpuBuffer>;
    const halves: O[] = [];
    const results: [from: Buffer, to: Buffer][] = [];
    for (const name in kernel.operands) {
      if (!isHalf(operands[name])) continue;
      if (takesHalves(kernel.operands[name])) {
        halves.push(name);
        continue;
      }
      bound[name] = this.#asFloats(operands[name]);
      if (kernel.operands[name].access !== "read") results.push([bound[name], operands[name]]);
    }
    const own = withHalves(this.#bySubgroups ? withSubgroups(kernel) : kernel, halves);
    this.#commands.dispatch(own, bound, parameters, groups);
    for (const [x, out] of results) this.each(convert, { x, out }, {});
  }

  #asFloats(x: Buffer): GpuBuffer {
    const out = this.temporary(x.rows, x.columns);
    this.each(convert, { x, out }, {});
    return out;
  }
}

const isHalf = (buffer: Buffer): boolean => (buffer as GpuBuffer).bytesPerValue === 2;
