import type { Buffer, Device } from "./device.ts";

/** A value of the network and, on the way back, the loss's gradient by it. */
export interface Tensor {
  readonly value: Buffer;
  gradient: Buffer | undefined;
}

/** A value that training changes. Its gradient adds up until it is cleared. */
export interface Parameter extends Tensor {
  /** What products take: the value, or in mixed precision its copy of 16 bits. */
  readonly working: Buffer;
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

  /** Memory that lasts for the step, for a value of the network or a gradient by one. */
  values(rows: number, columns: number): Buffer {
    return (this.device.mixedPrecision ?? this.device).temporary(rows, columns);
  }

  /** A new value of the given shape. */
  tensor(rows: number, columns: number): Tensor {
    return { value: this.values(rows, columns), gradient: undefined };
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
    const sum = this.values(rows, columns); // a residual's two sides share one gradient
    this.device.add(tensor.gradient, gradient, sum);
    tensor.gradient = sum;
  }

  /** Goes back from the losses, whose gradients are in place. */
  backward(): void {
    for (const step of this.#backward.reverse()) step();
    this.#backward.length = 0;
  }
}
