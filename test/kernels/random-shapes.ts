import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kernels } from "../../src/wasm/kernels.ts";
import { random } from "../random.ts";
import { type Bench, input, randomFloats } from "./harness.ts";

const ROUNDS = 60;

/** Draws a whole number from `least` to `most`. */
export type Draw = (least: number, most: number) => number;
/** Calls one kernel on shapes that it draws. */
export type Drive<K extends Pick<Kernels, "heapBase">> = (bench: Bench<K>, draw: Draw) => void;

export const floatsIn = (count: number) => input(randomFloats(count, count + 1));

/**
 * Tests every kernel on shapes drawn at random, its operands between bytes of poison: the harness asserts that not one byte
 * of the memory changes but those of the declared outputs and scratch, and that nothing outside of the operands matters.
 *
 * @param sizes the exports that are no kernels, and tell a size alone
 */
export function testShapes<K extends Pick<Kernels, "heapBase">>(
  bench: Bench<K>,
  drives: Readonly<Record<string, Drive<K>>>,
  sizes: RegExp,
): void {
  test("are all driven here", () => {
    const kernels = Object.keys(bench.kernels).filter((name) => !sizes.test(name));
    assert.deepEqual(Object.keys(drives).sort(), kernels.sort());
  });

  for (const [name, drive] of Object.entries(drives)) {
    test(`${name} writes its outputs alone, whatever its shapes`, () => {
      const next = random(name.length);
      const draw = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
      for (let round = 0; round < ROUNDS; round++) drive(bench, draw);
    });
  }
}
