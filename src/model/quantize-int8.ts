/** A matrix [rows, inputs] in integers; `docs/format.md` describes the layouts. */
export interface QuantizedMatrix {
  /** int8 [rows, inputs], or int4 packed in [rows, ceil(inputs / 2)]. */
  readonly values: Uint8Array;
  /** [rows] */
  readonly scales: Float32Array<ArrayBuffer>;
  /** int4 only: [rows, ceil(inputs / 32)] */
  readonly groupScales: Uint8Array | undefined;
  /** ‖quantized − given‖ / ‖given‖ over the whole matrix; 0 where all of it is zero. */
  readonly relativeError: number;
}

/** Scales below the smallest normal float32 would be inexact, or zero. */
export const SMALLEST_SCALE = 2 ** -126;

const INT8_LARGEST = 127;

/** Int8 with a scale for each row, by which its largest value comes to ±127. */
export function quantizeInt8(weights: Float32Array, inputs: number): QuantizedMatrix {
  const scales = new Float32Array(weights.length / inputs);
  const values = new Int8Array(weights.length);
  const error = new RelativeError();
  scales.forEach((_, row) => {
    const begin = row * inputs;
    const scale = scaleFor(largestOf(weights, begin, begin + inputs), INT8_LARGEST);
    scales[row] = scale;
    for (let i = begin; i < begin + inputs; i++) {
      values[i] = nearest(weights[i]!, scale, INT8_LARGEST);
      error.add(weights[i]!, values[i]! * scale);
    }
  });
  return {
    values: new Uint8Array(values.buffer),
    scales,
    groupScales: undefined,
    relativeError: error.value,
  };
}

/** The largest |value| of those from `begin` to before `end`. */
export function largestOf(values: Float32Array, begin: number, end: number): number {
  let largest = 0;
  for (let i = begin; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

/** The float32 by which `largest` comes to about `limit`. */
export const scaleFor = (largest: number, limit: number): number =>
  Math.max(SMALLEST_SCALE, Math.fround(largest / limit));

/** The nearest integer to value / step, from −limit to limit. */
export const nearest = (value: number, step: number, limit: number): number =>
  Math.max(-limit, Math.min(limit, Math.round(value / step)));

/** ‖quantized − given‖ / ‖given‖, value by value. */
export class RelativeError {
  #squares = 0;
  #error = 0;

  add(given: number, quantized: number): void {
    this.#squares += given * given;
    this.#error += (quantized - given) ** 2;
  }

  get value(): number {
    return this.#squares === 0 ? 0 : Math.sqrt(this.#error / this.#squares);
  }
}
