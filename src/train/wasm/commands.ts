import type { Machine } from "../../wasm/machine.ts";
import { TRAINING_KERNELS, type TrainingKernel, type TrainingKernels } from "./kernels.ts";

const COMMAND_VALUES = 20; // a kernel's index, its units, the number of its operands, and at most 17 of these
const CAPACITY = 8192;

/** A doubles' list of commands in the machine's memory, where all threads read it. Doubles hold every pointer exactly. */
export class CommandList {
  readonly #machine: Machine<TrainingKernels>;
  readonly #address: number;
  #count = 0;
  #list: Float64Array | undefined;

  constructor(machine: Machine<TrainingKernels>) {
    this.#machine = machine;
    this.#address = machine.reserve(CAPACITY * COMMAND_VALUES * 8);
  }

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  push(kernel: TrainingKernel, units: number, operands: readonly number[]): void {
    if (this.#count === CAPACITY) throw new RangeError(`a step has more than ${CAPACITY} commands`);
    const list = this.#doubles();
    const at = this.#count++ * COMMAND_VALUES;
    list[at] = TRAINING_KERNELS.indexOf(kernel);
    list[at + 1] = units;
    list[at + 2] = operands.length;
    for (let i = 0; i < operands.length; i++) list[at + 3 + i] = operands[i]!;
  }

  /**
   * A thread's share of the first `count` commands: of each its part of the units.
   *
   * @param scratch address of the thread's own memory
   * @param barrier waits for the other threads, after each command: the next may read what they wrote
   */
  run(count: number, thread: number, threads: number, scratch: number, barrier: () => void): void {
    const { kernels } = this.#machine;
    const list = this.#doubles();
    for (let at = 0; at < count * COMMAND_VALUES; at += COMMAND_VALUES) {
      const [kernel, units, length] = [list[at]!, list[at + 1]!, list[at + 2]!];
      const first = Math.floor((units * thread) / threads);
      const last = Math.floor((units * (thread + 1)) / threads);
      if (first < last) {
        const operands: number[] = [];
        for (let i = 0; i < length; i++) operands.push(list[at + 3 + i]!);
        operands.push(scratch, first, last);
        kernels[TRAINING_KERNELS[kernel]!](...operands);
      }
      barrier();
    }
  }

  /** Taken anew each time that memory has grown, which leaves older views without any. */
  #doubles(): Float64Array {
    const { buffer } = this.#machine.memory;
    if (this.#list?.buffer !== buffer) {
      this.#list = this.#machine.doubles(this.#address, CAPACITY * COMMAND_VALUES);
    }
    return this.#list!;
  }
}
