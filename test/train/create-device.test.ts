import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../src/errors.ts";
import { createDevice, type Platform } from "../../src/train/create-device.ts";

/** Where looking for a GPU ends with an error. */
const failing = (error: Error): Platform => ({
  startThread: () => assert.fail("one thread needs no other"),
  findGpu: () => Promise.reject(error),
});

test("the processor stands in for a GPU that isn't there, and for nothing else that goes wrong", async () => {
  const missing = new EngineError("no-webgpu", "there is none");
  const device = await createDevice(failing(missing), { device: "auto" });
  assert.ok(["relaxed", "simd"].includes(device.kernels), device.kernels);
  device.dispose();

  const broken = [
    new EngineError("gpu-failed", "it broke"),
    new EngineError("device-lost", "it is gone"),
    new TypeError("a bug"),
  ];
  for (const error of broken) {
    await assert.rejects(createDevice(failing(error), { device: "auto" }), error);
  }
});

test("what needs a GPU is not given the processor instead", async () => {
  const missing = new EngineError("no-webgpu", "there is none");
  await assert.rejects(createDevice(failing(missing), { device: "auto", fp16: true }), missing);
  await assert.rejects(createDevice(failing(missing), { device: "webgpu" }), missing);
});
