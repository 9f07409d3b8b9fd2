import type { Machine } from "../../wasm/machine.ts";
import { TRAINING_KERNELS, type TrainingKernel, type TrainingKernels } from "./kernels.ts";

const COMMAND_VALUES = 20; // a kernel's index, its units, the number of its operands, and at most 17 of these
const CAPACITY = 8192;

/** A doubles' list of commands in the machine's memory, where all threads read it. Doubles hold every pointer exactly. */
export class CommandList {
  readonly #machine: Machine<TrainingKernels>;
  readonly #address: number;
  #count = 0;

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
    const command = this.#machine.doubles(this.#addressOf(this.#count++), COMMAND_VALUES);
    command.set([TRAINING_KERNELS.indexOf(kernel), units, operands.length, ...operands]);
  }

  /**
   * A thread's share of the first `count` commands: of each its part of the units.
   *
   * @param scratch address of the thread's own memory
   * @param barrier waits for the other threads, after each command: the next may read what they wrote
   */
  run(count: number, thread: number, threads: number, scratch: number, barrier: () => void): void {
    const { kernels } = this.#machine;
    for (let i = 0; i < count; i++) {
      const command = this.#machine.doubles(this.#addressOf(i), COMMAND_VALUES);
      const [kernel, units, operands] = [command[0]!, command[1]!, command[2]!];
      const first = Math.floor((units * thread) / threads);
      const last = Math.floor((units * (thread + 1)) / threads);
      if (first < last) {
        kernels[TRAINING_KERNELS[kernel]!](...command.subarray(3, 3 + operands), scratch, first, last);
      }
      barrier();
    }
  }

  #addressOf(index: number): number {
    return this.#address + index * COMMAND_VALUES * 8;
  }
}
