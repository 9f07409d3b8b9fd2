import assert from "node:assert/strict";
import { test } from "node:test";
import onnxProto from "onnx-proto";
import { floatsOf } from "../../src/convert/lazy-tensor.ts";
import { ELEMENT_TYPES } from "../../src/convert/onnx/fields.ts";
import { ProtobufReader } from "../../src/convert/onnx/protobuf-reader.ts";
import { hasUnreadNumbers, numbersOf, readNumbers, scalarOf } from "../../src/convert/onnx/reader-numbers.ts";
import { OnnxTensors } from "../../src/convert/onnx/reader-tensors.ts";
import type { Constant } from "../../src/convert/onnx/reader-values.ts";
import { random } from "../random.ts";

const { TensorProto } = onnxProto.onnx;

const BYTES = {
  float: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  double: 8,
  bfloat16: 2,
};

function constant(dataType: number, dims: readonly number[], rawData: Uint8Array): Constant {
  const bytes = TensorProto.encode({ name: "a", dataType, dims: [...dims], rawData }).finish();
  const tensor = new OnnxTensors("f").open(new ProtobufReader("f", bytes));
  assert.ok(tensor !== undefined && !(tensor instanceof Promise));
  return { kind: "constant", tensor };
}

/** Random bytes, and among them the extremes of every type: infinities, NaN, the smallest and the largest. */
function hostileBytes(length: number, next: () => number): Uint8Array {
  const extremes = [0, 0xff, 0x7f, 0x80, 0x7c, 0xfc, 0xf0, 1];
  return Uint8Array.from({ length }, () =>
    next() < 0.5 ? extremes[Math.floor(next() * extremes.length)]! : Math.floor(next() * 256),
  );
}

for (const [name, size] of Object.entries(BYTES)) {
  test(`numbers of ${name} are those that their bytes stand for in float32`, async () => {
    const next = random(31);
    const type = ELEMENT_TYPES[name as keyof typeof BYTES];
    for (let round = 0; round < 200; round++) {
      const elements = 1 + (round % 16);
      const value = constant(type, [elements], hostileBytes(elements * size, next));
      assert.equal(hasUnreadNumbers(value), true);
      assert.equal(readNumbers(value), undefined);
      assert.equal(hasUnreadNumbers(value), false);
      const floats = await floatsOf(value.tensor);
      assert.deepEqual(numbersOf(value), Array.from(floats));
      assert.equal(scalarOf(value), elements === 1 ? floats[0] : undefined);
    }
  });
}

test("longer lists and matrices are left unread", () => {
  assert.ok(!hasUnreadNumbers(constant(ELEMENT_TYPES.float, [17], new Uint8Array(68))));
  assert.ok(!hasUnreadNumbers(constant(ELEMENT_TYPES.float, [2, 2], new Uint8Array(16))));
  assert.ok(hasUnreadNumbers(constant(ELEMENT_TYPES.float, [1, 1], new Uint8Array(4))));
});
