import assert from "node:assert/strict";
import { test } from "node:test";
import { convertFloats } from "../../src/model/file/floats.ts";

const never = (value: number): never => assert.fail(`${value} overflows`);
const bytes = (array: ArrayBufferView<ArrayBuffer>) => new Uint8Array(array.buffer);

test("every float16 widens exactly, and narrows back to itself", () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const widened = new Float32Array(
    convertFloats(bytes(halves.slice()), "F16", "F32", never).buffer as ArrayBuffer,
  );
  // The engine's own float16 is the reference.
  const reference = Float32Array.from(new Float16Array(halves.buffer));
  for (let i = 0; i < 65536; i++)
    assert(Object.is(widened[i], reference[i]), `0x${i.toString(16)}: ${widened[i]}`);
  const narrowed = new Uint16Array(convertFloats(bytes(widened), "F32", "F16", never).buffer as ArrayBuffer);
  for (let i = 0; i < 65536; i++) {
    if (Number.isNaN(reference[i])) assert((narrowed[i]! & 0x7fff) > 0x7c00, "NaN stays NaN");
    else assert.equal(narrowed[i], i);
  }
});

test("float32 narrows to the nearest float16, ties to even", () => {
  const values: number[] = [
    0,
    -0,
    65504,
    65519.996,
    -65519.996,
    2 ** -24,
    2 ** -25,
    2 ** -25 * 1.0001,
    2 ** -26,
  ];
  for (let exponent = -27; exponent < 16; exponent++) {
    for (let i = 0; i < 200; i++)
      values.push(2 ** exponent * (1 + i / 2048), -(2 ** exponent) * (1 + ((i * 37) % 4096) / 4096));
  }
  const floats = Float32Array.from(values.filter((value) => Math.abs(value) < 65520));
  const expected = new Float16Array(floats);
  const actual = new Float16Array(
    convertFloats(bytes(floats.slice()), "F32", "F16", never).buffer as ArrayBuffer,
  );
  for (let i = 0; i < floats.length; i++)
    assert(Object.is(actual[i], expected[i]), `${floats[i]}: ${actual[i]}`);
});

test("what a type can't hold is reported, what is infinite already passes", () => {
  const overflowing = (array: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>, to: "F32" | "F16") =>
    assert.throws(
      () =>
        convertFloats(bytes(array), array instanceof Float32Array ? "F32" : "F64", to, (value) => {
          throw new Error(`seen ${value}`);
        }),
      /seen /,
    );
  overflowing(Float32Array.of(1, 65520), "F16");
  overflowing(Float32Array.of(-1e38), "F16");
  overflowing(Float64Array.of(1e39), "F32");
  overflowing(Float64Array.of(1e39), "F16");
  const infinite = convertFloats(bytes(Float32Array.of(Infinity, -Infinity)), "F32", "F16", never);
  assert.deepEqual([...new Float16Array(infinite.buffer as ArrayBuffer)], [Infinity, -Infinity]);
});

test("bfloat16 is the upper half of a float32; float64 rounds; equal types keep their bytes", () => {
  const brain = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x7f80);
  const widened = new Float32Array(convertFloats(bytes(brain), "BF16", "F32", never).buffer as ArrayBuffer);
  assert.deepEqual([...widened], [1, -2, 2 ** -133, Infinity]);
  const doubles = Float64Array.of(Math.PI, -0, 1e-50);
  const rounded = new Float32Array(convertFloats(bytes(doubles), "F64", "F32", never).buffer as ArrayBuffer);
  assert.deepEqual([...rounded], [Math.fround(Math.PI), -0, 0]);
  const same = bytes(Float32Array.of(1));
  assert.equal(convertFloats(same, "F32", "F32", never), same);
});
