import { EngineError } from "../../errors.ts";
import type { Connection } from "./connection.ts";
import { type Access, type Kernel, writeParameters } from "./kernel.ts";
import { ALIGNMENT, type Buffers, bytesOf, type GpuBuffer, Memory } from "./memory.ts";

interface Dispatch {
  readonly kernel: Kernel;
  readonly bindings: GPUBindGroup;
  /** Where its parameters lie. */
  readonly parameters: number;
  readonly groups: Groups;
}

interface Copy {
  readonly from: GPUBuffer;
  readonly fromOffset: number;
  readonly to: GPUBuffer;
  readonly toOffset: number;
  readonly bytes: number;
}

/** Workgroups along x, y and z. */
export type Groups = readonly [x: number, y?: number, z?: number];

const CAPACITY = 4096; // dispatches that are handed over together
const CACHED_BINDINGS = 16_384;
const SUBMITTED_AHEAD = 3;

/** What is to be done on the GPU: recorded, then handed over as one list. */
export class Commands {
  readonly #connection: Connection;
  readonly #buffers: Buffers;
  /** For operands that can't be bound where they lie: WebGPU copies nothing within one buffer. */
  readonly #copies: Memory;
  readonly #bindings = new Map<string, GPUBindGroup>();
  readonly #numbers = new WeakMap<GPUBuffer, number>();
  readonly #parameters = new DataView(new ArrayBuffer(CAPACITY * ALIGNMENT));
  readonly #parametersBuffer: GPUBuffer;
  readonly #parametersBinding: GPUBindGroup;
  #numbered = 0;
  #recorded: (Dispatch | Copy)[] = [];
  #dispatches = 0;
  #handedOver: Promise<void> = Promise.resolve();
  readonly #underWay: Promise<unknown>[] = [];

  constructor(connection: Connection, buffers: Buffers) {
    this.#connection = connection;
    this.#buffers = buffers;
    this.#copies = new Memory(buffers);
    this.#parametersBuffer = buffers.create(CAPACITY * ALIGNMENT, "parameters");
    this.#parametersBinding = connection.device.createBindGroup({
      layout: connection.pipelines.parametersLayout,
      entries: [{ binding: 0, resource: { buffer: this.#parametersBuffer, size: ALIGNMENT } }],
    });
  }

  /** Where an operand does not begin where kernels can begin, or overlaps another, a copy takes its place. */
  dispatch<O extends string, P extends string>(
    kernel: Kernel<O, P>,
    operands: Readonly<Record<O, GpuBuffer>>,
    parameters: Readonly<Record<P, number>>,
    groups: Groups,
  ): void {
    this.#buffers.assertUsable();
    const most = this.#connection.device.limits.maxComputeWorkgroupsPerDimension;
    if (groups.some((count) => count! > most)) {
      throw new EngineError(
        "out-of-memory",
        `${kernel.name}: ${groups} workgroups, of at most ${most} this way`,
      );
    }
    const bound: GpuBuffer[] = [];
    const results: [from: GpuBuffer, to: GpuBuffer][] = [];
    for (const name in kernel.operands) {
      const { access } = kernel.operands[name];
      const operand = operands[name];
      if (operand.offset % ALIGNMENT === 0 && !this.#clashes(name, kernel, operands)) {
        bound.push(operand);
        continue;
      }
      const copy = this.#copies.temporary(operand.rows, operand.columns, operand.bytesPerValue);
      if (access !== "write") this.copy(operand, copy);
      if (access !== "read") results.push([copy, operand]);
      bound.push(copy);
    }
    if (this.#dispatches === CAPACITY) throw new RangeError(`a step has more than ${CAPACITY} dispatches`);
    const offset = this.#dispatches++ * ALIGNMENT;
    writeParameters(kernel, parameters, new DataView(this.#parameters.buffer, offset));
    this.#recorded.push({ kernel, bindings: this.#bind(bound), parameters: offset, groups });
    this.#connection.pipelines.get(kernel);
    for (const [from, to] of results) this.copy(from, to);
  }

  copy(from: GpuBuffer, to: GpuBuffer): void {
    this.copyOut(from, to.memory, to.offset);
  }

  copyOut(from: GpuBuffer, to: GPUBuffer, toOffset = 0): void {
    const { memory, offset } = from;
    this.#recorded.push({ from: memory, fromOffset: offset, to, toOffset, bytes: bytesOf(from) });
  }

  /** Forgets the copies of operands. */
  release(): void {
    this.#copies.release();
  }

  /** Hands over what was recorded. @returns when the GPU has taken it */
  submit(): Promise<void> {
    this.#handedOver = this.#handedOver.then(() => this.#handOver());
    return this.#handedOver;
  }

  async #handOver(): Promise<void> {
    await this.#buffers.settle();
    const recorded = this.#recorded;
    if (recorded.length === 0) return;
    this.#recorded = [];
    const { device, pipelines: compiled } = this.#connection;
    const parameters = this.#parameters.buffer.slice(0, this.#dispatches * ALIGNMENT) as ArrayBuffer;
    this.#dispatches = 0;
    const pipelines = new Map<Kernel, GPUComputePipeline>();
    for (const command of recorded) {
      if (!("kernel" in command) || pipelines.has(command.kernel)) continue;
      const { kernel } = command;
      pipelines.set(kernel, await this.#connection.guard(compiled.get(kernel)));
    }
    this.#buffers.assertUsable();
    device.queue.writeBuffer(this.#parametersBuffer, 0, parameters);
    device.queue.submit([this.#encode(recorded, pipelines)]);
    this.#underWay.push(device.queue.onSubmittedWorkDone());
    // Whoever records faster than the GPU works would fill the memory with what waits.
    if (this.#underWay.length > SUBMITTED_AHEAD) await this.#connection.guard(this.#underWay.shift()!);
  }

  #encode(
    recorded: readonly (Dispatch | Copy)[],
    pipelines: ReadonlyMap<Kernel, GPUComputePipeline>,
  ): GPUCommandBuffer {
    const encoder = this.#connection.device.createCommandEncoder();
    let pass: GPUComputePassEncoder | undefined;
    for (const command of recorded) {
      if ("kernel" in command) {
        pass ??= encoder.beginComputePass();
        pass.setPipeline(pipelines.get(command.kernel)!);
        pass.setBindGroup(0, command.bindings);
        pass.setBindGroup(1, this.#parametersBinding, [command.parameters]);
        pass.dispatchWorkgroups(...command.groups);
      } else {
        pass?.end();
        pass = undefined;
        const { from, fromOffset, to, toOffset, bytes } = command;
        encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
      }
    }
    pass?.end();
    return encoder.finish();
  }

  /** Whether an operand overlaps one that goes before it: what is written keeps its place, and of others the first. */
  #clashes<O extends string>(
    name: O,
    { operands }: Kernel<O>,
    buffers: Readonly<Record<O, GpuBuffer>>,
  ): boolean {
    const rank = (access: Access, i: number) => (access === "read" ? 100 + i : i);
    const names = Object.keys(operands) as O[];
    const own = rank(operands[name].access, names.indexOf(name));
    return names.some(
      (other, i) => rank(operands[other].access, i) < own && overlap(buffers[other], buffers[name]),
    );
  }

  #bind(buffers: readonly GpuBuffer[]): GPUBindGroup {
    const key = buffers
      .map((buffer) => `${this.#numberOf(buffer.memory)}:${buffer.offset}:${bytesOf(buffer)}`)
      .join();
    let binding = this.#bindings.get(key);
    if (binding === undefined) {
      if (this.#bindings.size === CACHED_BINDINGS) this.#bindings.clear();
      binding = this.#connection.device.createBindGroup({
        layout: this.#connection.pipelines.operandsLayout(buffers.length),
        entries: buffers.map((buffer, i) => ({
          binding: i,
          resource: { buffer: buffer.memory, offset: buffer.offset, size: bytesOf(buffer) || ALIGNMENT },
        })),
      });
      this.#bindings.set(key, binding);
    }
    return binding;
  }

  #numberOf(memory: GPUBuffer): number {
    let number = this.#numbers.get(memory);
    if (number === undefined) {
      number = this.#numbered++;
      this.#numbers.set(memory, number);
    }
    return number;
  }
}

function overlap(a: GpuBuffer, b: GpuBuffer): boolean {
  return a.memory === b.memory && a.offset < b.offset + bytesOf(b) && b.offset < a.offset + bytesOf(a);
}
