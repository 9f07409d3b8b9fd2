import assert from "node:assert/strict";
import type { TrainingKernel, TrainingKernels } from "../../src/train/wasm/kernels.ts";
import { type Bench, bytesOut, input, type Region, randomFloats, updated } from "../kernels/harness.ts";
import type { Draw } from "../kernels/random-shapes.ts";

/** One kernel's use on shapes that were drawn. */
interface Use<Name extends string> {
  readonly units: number;
  /** None unless given. */
  readonly scratchBytes?: number;
  readonly regions: Readonly<Record<Name, Region>>;
  /** What the kernel needs another to have done. */
  readonly prepare?: (at: Readonly<Record<Name, number>>) => void;
  /** Those before the scratch memory. */
  readonly operands: (at: Readonly<Record<Name, number>>) => readonly number[];
}

/** Asserts beside what the harness does that the outputs are the same however many calls share the units. */
export function drive<Name extends string>(
  bench: Bench<TrainingKernels>,
  draw: Draw,
  kernel: TrainingKernel,
  { units, scratchBytes = 0, regions, prepare, operands }: Use<Name>,
) {
  const scratch = scratchBytes === 0 ? input(new Int32Array(4)) : bytesOut(scratchBytes);
  const all = { ...regions, scratch } as Record<Name | "scratch", Region>;
  const inParts = (ends: readonly number[]) =>
    bench.call(all, (at) => {
      prepare?.(at);
      let first = 0;
      for (const last of ends) {
        if (first < last) bench.kernels[kernel](...operands(at), at.scratch, first, last);
        first = last;
      }
      return undefined;
    });
  const whole = inParts([units]);
  const shared = inParts([draw(0, units), units]);
  for (const name of Object.keys(regions) as Name[]) {
    if (regions[name].kind !== "input") assert.deepEqual(shared.bytes(name), whole.bytes(name), name);
  }
  return whole;
}

export const integersIn = (count: number, of: () => number) => input(Int32Array.from({ length: count }, of));
/** Values of f64: losses and partial sums. */
export const doublesOut = (count: number) => bytesOut(count * 8);
export const added = (count: number) => updated(randomFloats(count, count + 2));
export const sharesIn = (count: number) => input(randomFloats(count, count + 3).map((x) => Math.abs(x) / 4));

/** Where so many rows end that lie `stride` apart: the last one has no gap after it. */
export const spread = (rows: number, columns: number, stride: number) => (rows - 1) * stride + columns;

export const dropoutOf = (draw: Draw) => [draw(0, 2) / 4, draw(0, 2 ** 31), draw(0, 99)];
export const labelsIn = (rows: number, labels: number, draw: Draw) =>
  integersIn(rows, () => (draw(0, 4) === 0 ? -100 : draw(0, labels - 1)));

/** Sequences of at least one step, one after the other. */
export function sequences(draw: Draw, longest: number) {
  const offsets = [0];
  for (let left = draw(1, 4); left > 0; left--) offsets.push(offsets.at(-1)! + draw(1, longest));
  const lengths = offsets.slice(1).map((end, i) => end - offsets[i]!);
  return {
    tokens: offsets.at(-1)!,
    lengths,
    longest: Math.max(...lengths),
    offsets: input(Int32Array.from(offsets)),
  };
}
