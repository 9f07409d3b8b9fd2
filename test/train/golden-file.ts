import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** What a script of test/golden has written. */
export interface GoldenFile<Settings> {
  readonly settings: Settings;
  readonly floats: ReadonlyMap<string, Float32Array>;
  /** Tensors of integers, by their names. */
  integers(name: string): Int32Array;
}

/** On purpose with a reader of its own, so that the goldens stand apart from the library's. */
export function readGoldenFile<Settings>(name: string): GoldenFile<Settings> {
  const bytes = readFileSync(new URL(`../fixtures/training/${name}.safetensors`, import.meta.url));
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(bytes.toString("utf8", 8, headerEnd));
  const tensor = (name: string): Buffer => {
    const [begin, end] = entries[name].data_offsets;
    return bytes.subarray(headerEnd + begin, headerEnd + end);
  };
  const names = Object.keys(entries).filter((name) => entries[name].dtype === "F32");
  const floats = new Map(
    names.map((name) => {
      const data = tensor(name);
      return [name, Float32Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(i * 4))];
    }),
  );
  const integers = (name: string) => {
    const data = tensor(name);
    return Int32Array.from({ length: data.length / 4 }, (_, i) => data.readInt32LE(i * 4));
  };
  return { settings: JSON.parse(__metadata__.settings), floats, integers };
}

export const largest = (values: Float32Array) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest deviation as a share of the largest value; NaN where there is any. */
function deviation(actual: Float32Array | undefined, expected: Float32Array | undefined): number {
  assert.ok(actual !== undefined && expected !== undefined);
  assert.equal(actual.length, expected.length);
  return largest(actual.map((value, i) => value - expected[i]!)) / largest(expected);
}

export function assertNear(
  actual: Float32Array | undefined,
  expected: Float32Array | undefined,
  tolerance: number,
  what: string,
): void {
  const error = deviation(actual, expected);
  assert.ok(error <= tolerance, `${what}: relative deviation ${error}`);
}
