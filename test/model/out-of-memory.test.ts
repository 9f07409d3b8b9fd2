import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { pipeline } from "../../src/index.node.ts";
import { Machine } from "../../src/wasm/machine.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { wasmDevice } from "../train/wasm-devices.ts";
import { randomModel } from "./random-model.ts";

/** In pages of 64 KiB: more than a small model takes, less than a large one. */
const ENGINE_LIMIT = 400;
setFlagsFromString(`--wasm-max-mem-pages=${ENGINE_LIMIT}`);

const SMALL = randomModel();
const LARGE = randomModel({ config: { max_position_embeddings: 16_384, intermediate_size: 1024 } });
const TEXT = "张三 abc";
const OUT_OF_MEMORY = { name: "EngineError", code: "out-of-memory" };

/** A stream that says whether it was let go of. */
function streamed(bytes: Uint8Array) {
  const source = { cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.slice(0, 100_000));
      controller.enqueue(bytes.slice(100_000));
    },
    cancel() {
      source.cancelled = true;
    },
  });
  return Object.assign(source, { stream });
}

describe("where memory is short", () => {
  for (const threads of [1, 2]) {
    test(`a model that doesn't fit is an error, and others go on: ${threads} thread(s)`, async () => {
      const tag = await pipeline("token-classification", SMALL, { threads });
      const expected = await tag(TEXT);
      for (let i = 0; i < 20; i++) {
        const source = streamed(LARGE);
        await assert.rejects(pipeline("token-classification", source.stream, { threads }), OUT_OF_MEMORY);
        assert.ok(source.cancelled, "its stream is let go of");
        assert.deepEqual(await tag(TEXT), expected);
      }
      const another = await pipeline("token-classification", SMALL, { threads });
      assert.deepEqual(await another(TEXT), expected);
      for (const each of [tag, another]) each.dispose();
    });
  }

  test("what a machine could not grow to is free again for less", async () => {
    const machine = await Machine.create(await kernelModule("simd"));
    const kept = machine.reserve(65_536);
    machine.commit();
    machine.bytes(kept, 65_536).fill(7);
    for (let i = 0; i < 3; i++) {
      machine.reserve(2 * ENGINE_LIMIT * 65_536);
      assert.throws(() => machine.commit(), OUT_OF_MEMORY);
    }
    const next = machine.reserve(65_536);
    machine.commit();
    assert.ok(next - kept < 2 * 65_536);
    assert.ok(machine.bytes(kept, 65_536).every((byte) => byte === 7));
    assert.ok(machine.bytes(next, 65_536).every((byte) => byte === 0));
  });

  test("a training step that is too large is dropped, and smaller ones go on", async () => {
    const device = await wasmDevice("simd", 1);
    const weights = device.allocate(2, 2);
    device.write(weights, Float32Array.of(1, 2, 3, 4));
    for (let i = 0; i < 3; i++) {
      device.release();
      const product = device.temporary(2, 2);
      device.matmul(weights, weights, product);
      assert.deepEqual(await device.read(product), Float32Array.of(7, 10, 15, 22));

      device.fill(weights, 0);
      assert.throws(() => device.temporary(ENGINE_LIMIT, 65_536), OUT_OF_MEMORY);
      assert.throws(() => device.allocate(ENGINE_LIMIT, 65_536), OUT_OF_MEMORY);
      assert.deepEqual(
        await device.read(weights),
        Float32Array.of(1, 2, 3, 4),
        "what the step had begun with",
      );
    }
    device.dispose();
  });

  test("a step whose kernels need too much scratch memory is dropped when it is to be done", async () => {
    const device = await wasmDevice("simd", 1);
    const product = (size: number) => {
      device.release();
      const [row, column, out] = [
        device.temporary(1, size),
        device.temporary(size, 1),
        device.temporary(1, 1),
      ];
      device.fill(row, 1);
      device.fill(column, 2);
      device.matmul(row, column, out);
      return device.read(out);
    };
    assert.deepEqual(await product(3), Float32Array.of(6));
    await assert.rejects(product(150_000), OUT_OF_MEMORY);
    assert.deepEqual(await product(30), Float32Array.of(60));
    device.dispose();
  });

  test("engines that have no memory at all left say so by the same error", async () => {
    const { Memory } = WebAssembly;
    const module = await kernelModule("simd");
    WebAssembly.Memory = class {
      constructor() {
        throw new RangeError("could not allocate memory");
      }
    } as unknown as typeof Memory;
    try {
      await assert.rejects(Machine.create(module), OUT_OF_MEMORY);
    } finally {
      WebAssembly.Memory = Memory;
    }
  });
});

describe("maxMemory", () => {
  for (const threads of [1, 2]) {
    test(`is held to before anything is allocated, ${threads} thread(s)`, async () => {
      const tag = await pipeline("token-classification", SMALL, { threads });
      const { memoryBytes } = tag;
      tag.dispose();
      const load = (maxMemory: number) => pipeline("token-classification", SMALL, { threads, maxMemory });
      (await load(memoryBytes)).dispose();
      await assert.rejects(load(memoryBytes - 65_536), { name: "ModelFileError", code: "too-large" });
      await assert.rejects(load(0), { code: "bad-option" });
      // Where it is refused, the engine is not asked for what it does not have.
      const source = streamed(LARGE);
      const refused = pipeline("token-classification", source.stream, { threads, maxMemory: memoryBytes });
      await assert.rejects(refused, { code: "too-large" });
      assert.ok(source.cancelled);
    });
  }
});
