import type { Buffer, Device } from "./device.ts";

/** A value of the network and, on the way back, the loss's gradient by it. */
export interface Tensor {
  readonly value: Buffer;
  gradient: Buffer | undefined;
}

/** A value that training changes. Its gradient adds up until it is cleared. */
export interface Parameter extends Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly gradient: Buffer;
}

/** What was done on the way forward, to be gone through backward. */
export class Tape {
  readonly device: Device;
  readonly #backward: (() => void)[] = [];

  constructor(device: Device) {
    this.device = device;
  }

  /** A new value of the given shape, in memory that lasts for the step. */
  tensor(rows: number, columns: number): Tensor {
    return { value: this.device.temporary(rows, columns), gradient: undefined };
  }

  /** @param step takes the gradient by what was computed and adds to those by what it was computed from */
  record(result: Tensor, step: (gradient: Buffer) => void): Tensor {
    this.#backward.push(() => {
      if (result.gradient !== undefined) step(result.gradient);
    });
    return result;
  }

  /** Adds a gradient by a value that was computed, of which `gradient` may become the memory. */
  addGradient(tensor: Tensor, gradient: Buffer): void {
    if (tensor.gradient === undefined) {
      tensor.gradient = gradient;
      return;
    }
    const { rows, columns } = gradient;
    const sum = this.device.temporary(rows, columns); // a residual's two sides share one gradient
    this.device.add(tensor.gradient, gradient, sum);
    tensor.gradient = sum;
  }

  /** Goes back from the losses, whose gradients are in place. */
  backward(): void {
    for (const step of this.#backward.reverse()) step();
    this.#backward.length = 0;
  }
}
