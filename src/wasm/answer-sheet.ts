import type { Kernels } from "./kernels.ts";
import type { Machine } from "./machine.ts";

/** How far a kernel's result was from the answer known beforehand, ‖out − expected‖ / ‖expected‖. */
export interface KnownAnswer {
  readonly kernel: string;
  readonly relativeError: number;
  readonly tolerance: number;
  readonly passed: boolean;
}

export const FLOAT_TOLERANCE = 1e-6;

/** Small values of both signs with no two alike in a row; the same on every engine. */
export const pattern = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => (((i + 1) * seed) % 23) / 8 - 1.25);

/** A machine's memory to put operands into, and how its kernels' results compare. */
export class AnswerSheet {
  readonly answers: KnownAnswer[] = [];
  readonly #machine: Machine<Pick<Kernels, "heapBase">>;
  #free: number;

  /** @param bytes that all operands take together at most */
  constructor(machine: Machine<Pick<Kernels, "heapBase">>, bytes: number) {
    this.#machine = machine;
    this.#free = machine.reserve(bytes);
    machine.commit();
  }

  take(bytes: number): number {
    const address = this.#free;
    this.#free += Math.ceil(bytes / 16) * 16;
    return address;
  }

  /** @param room values that the memory has place for */
  place(values: readonly number[], room = values.length): number {
    const address = this.take(room * 4);
    this.#machine.floats(address, values.length).set(values);
    return address;
  }

  compare(kernel: string, out: number, expected: readonly number[], tolerance = FLOAT_TOLERANCE): void {
    const actual = this.#machine.floats(out, expected.length);
    const distance = Math.hypot(...expected.map((value, i) => actual[i]! - value));
    const relativeError = distance / Math.hypot(...expected);
    this.answers.push({ kernel, relativeError, tolerance, passed: relativeError <= tolerance });
  }
}
