import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckpointTensor } from "../../src/convert/checkpoint-tensor.ts";
import { reshaped } from "../../src/convert/lazy-tensor.ts";
import { recognizeActivation } from "../../src/convert/onnx/activations.ts";

test("a weight is changed 64 times at most", () => {
  let tensor: CheckpointTensor = {
    file: "deep.onnx",
    dtype: "F32",
    shape: [2, 3],
    read: async () => new Uint8Array(24),
  };
  for (let depth = 1; depth <= 64; depth++) tensor = reshaped(tensor, [3, 2]);
  assert.throws(() => reshaped(tensor, [6]), { code: "unsupported", message: /deep\.onnx.*64 times/ });
});

test("activations are known by what they do, however they are spelt", () => {
  const tail = (x: number) => 1 / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  assert.equal(
    recognizeActivation((x) => x * tail(x)),
    "gelu_new",
  );
  assert.equal(
    recognizeActivation((x) => x / (1 + Math.exp(-1.702 * x))),
    "quick_gelu",
  );
  assert.equal(
    recognizeActivation((x) => x / (1 + Math.exp(-x))),
    "silu",
  );
  assert.equal(
    recognizeActivation((x) => (x > 0 ? x : 0)),
    "relu",
  );
  assert.equal(
    recognizeActivation((x) => x * x),
    undefined,
  );
});
