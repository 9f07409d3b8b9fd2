import { BARRIER_BYTES } from "../../model/barrier.ts";
import { Team } from "../../model/team.ts";
import type { KernelPath } from "../../wasm/kernel-path.ts";
import { Machine } from "../../wasm/machine.ts";
import type { StartThread } from "../../wasm/thread.ts";
import type { Buffer } from "../device.ts";
import { Arena } from "./arena.ts";
import { CommandList } from "./commands.ts";
import type { TrainingKernel, TrainingKernels } from "./kernels.ts";
import type { TrainingJob } from "./team-member.ts";

interface WasmBuffer extends Buffer {
  readonly address: number;
}

const PAGE_LIMIT = 65_536; // 4 GiB

export const sizeOf = ({ rows, columns }: Buffer) => rows * columns;
export const addressOf = (buffer: Buffer) => (buffer as WasmBuffer).address;

export interface WasmDeviceOptions {
  readonly path: KernelPath;
  /** For a shared memory where there is more than one thread. */
  readonly module: WebAssembly.Module;
  readonly threads: number;
  /** Needed for more than one thread. */
  readonly startThread?: StartThread | undefined;
}

/** Memory of the machine, and what is recorded to be done with it by all threads. */
export class Workspace {
  readonly machine: Machine<TrainingKernels>;
  readonly #commands: CommandList;
  readonly #arena: Arena;
  readonly #threads: number;
  #team: Team<TrainingJob> | undefined;
  #done: Promise<void> = Promise.resolve();
  readonly #packed = new GrowingRegion(); // columns of the product at hand; every thread reads them
  readonly #scratch = new GrowingRegion();

  private constructor(machine: Machine<TrainingKernels>, threads: number) {
    this.machine = machine;
    this.#threads = threads;
    this.#commands = new CommandList(machine);
    this.#arena = new Arena(machine);
  }

  /** @throws {EngineError} `out-of-memory`, or `thread-failed` where a thread can't be started */
  static async create({ module, threads, startThread }: WasmDeviceOptions): Promise<Workspace> {
    if (threads === 1) {
      const workspace = new Workspace(await Machine.create<TrainingKernels>(module), 1);
      workspace.machine.commit();
      return workspace;
    }
    const memory = Machine.sharedMemory(1, PAGE_LIMIT);
    const machine = await Machine.create<TrainingKernels>(module, memory);
    const workspace = new Workspace(machine, threads);
    const barrierCells = machine.reserve(BARRIER_BYTES);
    machine.commit();
    workspace.#team = await Team.start<TrainingJob>(startThread!, threads, (thread) => ({
      module,
      memory,
      barrierCells,
      thread,
      threads,
    }));
    return workspace;
  }

  get byteLength(): number {
    return this.machine.byteLength;
  }

  allocate(rows: number, columns: number): Buffer {
    const address = this.machine.reserve(rows * columns * 4);
    this.machine.commit();
    return { rows, columns, address } as WasmBuffer;
  }

  slice(buffer: Buffer, first: number, rows: number, columns: number): Buffer {
    return { rows, columns, address: addressOf(buffer) + first * 4 } as WasmBuffer;
  }

  temporary(rows: number, columns: number): Buffer {
    return { rows, columns, address: this.bytes(rows * columns * 4) } as WasmBuffer;
  }

  integers(values: ArrayLike<number>): Buffer {
    const buffer = this.temporary(1, values.length);
    this.machine.integers(addressOf(buffer), values.length).set(values);
    return buffer;
  }

  release(): void {
    this.#arena.release();
  }

  write(buffer: Buffer, values: Float32Array): void {
    this.machine.floats(addressOf(buffer), sizeOf(buffer)).set(values);
  }

  async read(buffer: Buffer): Promise<Float32Array> {
    await this.submit();
    return this.machine.floats(addressOf(buffer), sizeOf(buffer)).slice();
  }

  submit(): Promise<void> {
    const run = () => this.#run();
    this.#done = this.#done.then(run, run);
    return this.#done;
  }

  async #run(): Promise<void> {
    const commands = this.#commands.count;
    if (commands === 0) return;
    try {
      const scratchBytes = Math.ceil(this.#scratch.bytes / 64) * 64;
      const scratch = this.#scratch.address(this.machine, scratchBytes * this.#threads);
      if (this.#team === undefined) this.#commands.run(commands, 0, 1, scratch, () => {});
      else await this.#team.run({ commands, scratch, scratchBytes });
    } finally {
      this.#commands.clear();
    }
  }

  dispose(): void {
    this.#team?.end();
  }

  /** Memory for so many bytes that lasts for the step. */
  bytes(count: number): number {
    return this.#dropping(() => this.#arena.allocate(count));
  }

  /** Sees to it that each thread has as much scratch memory. */
  needScratch(bytes: number): void {
    this.#scratch.need(bytes);
  }

  /** Where the columns of a product may be packed, until those of the next are. */
  packed(bytes: number): number {
    return this.#dropping(() => this.#packed.address(this.machine, bytes));
  }

  /** Where memory is short, the step that wanted it is over: what it has recorded is not to run before the next one's. */
  #dropping(reserve: () => number): number {
    try {
      return reserve();
    } catch (error) {
      this.#commands.clear();
      throw error;
    }
  }

  /** @param units that the threads share */
  record(kernel: TrainingKernel, units: number, operands: readonly number[]): void {
    this.#commands.push(kernel, units, operands);
  }
}

/** Memory that all commands use one after the other, as large as the greediest needs. */
class GrowingRegion {
  bytes = 0;
  #held = 0;
  #at = 0;

  need(bytes: number): void {
    this.bytes = Math.max(this.bytes, bytes);
  }

  /** Of at least `bytes`; what commands already name stays where it is. */
  address(machine: Machine<TrainingKernels>, bytes: number): number {
    if (bytes <= this.#held) return this.#at;
    const needed = this.bytes;
    this.bytes = 0; // Where this fails, what follows needs less.
    const at = machine.reserve(bytes);
    machine.commit();
    [this.#at, this.#held, this.bytes] = [at, bytes, needed];
    return at;
  }
}
