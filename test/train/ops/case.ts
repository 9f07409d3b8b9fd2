import assert from "node:assert/strict";
import type { Buffer, Device } from "../../../src/train/device.ts";
import { normal } from "../../../src/train/random.ts";

/** Sizes that fill no vector, no tile and no block of threads, and those beside them that do. */
export const RAGGED: readonly number[] = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 47, 48, 49, 100];

/** A matrix that an operation is given, with what it holds before; where that is nothing, it holds poison. */
export interface Operand {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array | undefined;
}

export const given = (rows: number, columns: number, values: Float32Array): Operand => {
  assert.equal(values.length, rows * columns);
  return { rows, columns, values };
};
/** A sum that is as good as 0 where it is below 0.1. */
export const expectedLoss = (loss: number): Expected => ({
  values: Float64Array.of(loss),
  sizes: Float64Array.of(0.1 + loss),
});
export const written = (rows: number, columns: number): Operand => ({ rows, columns, values: undefined });

/** What an operation must come to. */
export interface Expected {
  readonly values: Float64Array;
  /**
   * What each value's rounding is measured by, as the sum of the sizes of the terms that it is the sum of. The largest of
   * all values where it isn't given.
   */
  readonly sizes?: Float64Array;
}

export type Operation = keyof Device;

/** One use of one operation, or of one and its way back. */
export interface OpCase {
  readonly operation: Operation;
  readonly what: string;
  readonly operands: Readonly<Record<string, Operand>>;
  readonly record: (device: Device, at: Readonly<Record<string, Buffer>>) => void;
  /** By operand. Those that aren't here must not change. */
  readonly expected: Readonly<Record<string, Expected>>;
  /** How much more than usual may be lost, where values are such that more is. */
  readonly slack?: number;
}

/** The largest deviation that is allowed, by operation, as a share of the sizes that {@link Expected} tells. */
export type Tolerances = Readonly<Partial<Record<Operation, number>>>;

/** Bits that are a NaN as a float, and that no operation writes. */
const POISON = 0xffff_ffff;
/** Values around each operand; odd numbers of them, so that operands begin anywhere. */
const GUARDS = [16, 17, 19, 32, 21];
/** A device may flush what is smaller than a normal float. */
const FLUSHED = 4 * 2 ** -126;

/** What a case left in all memory that its operands lay in. */
export interface Outcome {
  readonly memory: Uint32Array;
  readonly of: (operand: string) => Float32Array;
}

/** Puts a case's operands into one memory with poison around each, and does the operation. */
export async function runCase(device: Device, { operands, record }: OpCase): Promise<Outcome> {
  device.release();
  const { first, count } = layOut(operands);
  const memory = imageOf(operands);
  const whole = device.temporary(1, count);
  device.write(whole, new Float32Array(memory.buffer));
  const at = Object.fromEntries(
    Object.entries(operands).map(([name, { rows, columns }]) => [
      name,
      device.slice(whole, first[name]!, rows, columns),
    ]),
  );
  record(device, at);
  const after = await device.read(whole);
  const of = (name: string) => {
    const { rows, columns } = operands[name]!;
    return after.slice(first[name]!, first[name]! + rows * columns);
  };
  return { memory: new Uint32Array(after.buffer), of };
}

/** Asserts that a device does what it must, and nothing beside it. */
export async function checkCase(device: Device, opCase: OpCase, tolerances: Tolerances): Promise<void> {
  const { operation, what, operands, expected, slack = 1 } = opCase;
  const outcome = await runCase(device, opCase);
  const tolerance = slack * (tolerances[operation] ?? assert.fail(`no tolerance for ${operation}`));
  const title = `${operation}, ${what}`;
  for (const [name, { values, sizes }] of Object.entries(expected)) {
    const actual = outcome.of(name);
    assert.equal(actual.length, values.length, `${title}: ${name}`);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    actual.forEach((value, i) => {
      const error = Math.abs(value - values[i]);
      if (error <= tolerance * (sizes?.[i] ?? largest) + FLUSHED) return;
      assert.fail(`${title}: ${name}[${i}] is ${value}, not ${values[i]}`);
    });
  }
  const before = imageOf(operands);
  const { first } = layOut(operands);
  for (const name of Object.keys(expected)) {
    const [begin, end] = [first[name], first[name] + expected[name].values.length];
    before.set(outcome.memory.subarray(begin, end), begin);
  }
  const changed = before.findIndex((bits, i) => bits !== outcome.memory[i]);
  assert.equal(changed, -1, `${title}: writes outside of its results, ${placeOf(changed, first)}`);
}

function layOut(operands: OpCase["operands"]): { first: Record<string, number>; count: number } {
  const first: Record<string, number> = {};
  let count = GUARDS[0];
  for (const [i, [name, { rows, columns }]] of Object.entries(operands).entries()) {
    first[name] = count;
    count += rows * columns + GUARDS[(i + 1) % GUARDS.length];
  }
  return { first, count };
}

function imageOf(operands: OpCase["operands"]): Uint32Array<ArrayBuffer> {
  const { first, count } = layOut(operands);
  const image = new Uint32Array(count).fill(POISON);
  for (const [name, { values }] of Object.entries(operands)) {
    if (values !== undefined) image.set(new Uint32Array(values.slice().buffer), first[name]);
  }
  return image;
}

function placeOf(index: number, first: Readonly<Record<string, number>>): string {
  const [name, start] = Object.entries(first)
    .filter(([, start]) => start <= index)
    .reduce((a, b) => (b[1] > a[1] ? b : a), ["the beginning", 0]);
  return `${index - start} values from where ${name} begins`;
}

/** Numbers of a standard normal distribution; the same for the same site. */
export const randomFloats = (count: number, site: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => scale * normal(1, site, i));

export const doubles = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);

export const sizesOf = (...terms: readonly ArrayLike<number>[]): Float64Array =>
  Float64Array.from({ length: terms[0].length }, (_, i) =>
    terms.reduce((sum, values) => sum + Math.abs(values[i]), 0),
  );

/** Where each of several sequences begins, and where the last one ends. */
export function offsetsOf(lengths: readonly number[]): number[] {
  const offsets = [0];
  for (const length of lengths) offsets.push(offsets.at(-1)! + length);
  return offsets;
}
