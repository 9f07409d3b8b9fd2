// Whole models whose weights are no numbers, or so large or small that sums leave float32: on both paths, in every storage,
// on one thread and on two. Whatever comes is an error of the project's own or finite scores, never an unsaid NaN.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { convertModelFile } from "../../src/convert/index.ts";
import { type KernelPath, pipeline } from "../../src/index.node.ts";
import type { Storage } from "../../src/model/file/storage.ts";
import { acceptsPath, KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { randomModel } from "./random-model.ts";

const TEXT = "张三 abc 省市";
const STORAGES: readonly Storage[] = ["f32", "f16", "int8", "int4"];
const MATRIX = "electra.encoder.layer.0.intermediate.dense.weight";
const NORM = "electra.encoder.layer.1.output.LayerNorm.weight";
const QUERY_BIAS = "electra.encoder.layer.0.attention.self.query.bias";

/** A model file with the floats of one tensor changed. */
function changed(
  bytes: Uint8Array,
  tensor: string,
  change: (value: number, i: number) => number,
): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(copy.subarray(8, 8 + length)));
  const { dtype, data_offsets } = header[tensor];
  const [begin, end] = data_offsets.map((offset: number) => 8 + length + offset);
  const step = dtype === "F16" ? 2 : 4;
  for (let at = begin, i = 0; at < end; at += step, i++) {
    if (dtype === "F16") view.setFloat16(at, change(view.getFloat16(at, true), i), true);
    else view.setFloat32(at, change(view.getFloat32(at, true), i), true);
  }
  return copy;
}

async function stored(dtype: Storage): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  try {
    await writeFile(join(folder, "f32"), randomModel());
    await convertModelFile(join(folder, "f32"), join(folder, "out"), { dtype });
    return await readFile(join(folder, "out"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const MODELS = new Map(
  await Promise.all(STORAGES.map(async (dtype) => [dtype, await stored(dtype)] as const)),
);

async function tagged(bytes: Uint8Array, kernels: KernelPath, threads = 1) {
  const tag = await pipeline("token-classification", bytes, { kernels, threads });
  try {
    return await tag(TEXT, { aggregation_strategy: "none", ignore_labels: [] });
  } finally {
    tag.dispose();
  }
}

for (const kernels of KERNEL_PATHS) {
  if (!acceptsPath(kernels)) {
    test(`${kernels} kernels`, (t) => t.skip(`this engine does not take the ${kernels} kernels`));
    continue;
  }
  for (const [dtype, bytes] of MODELS) {
    const name = `${kernels} kernels, ${dtype}`;

    test(`${name}: a weight that is NaN or infinite is refused while loading, by its tensor`, async () => {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        for (const tensor of [NORM, QUERY_BIAS]) {
          const broken = changed(bytes, tensor, (value, i) => (i === 3 ? bad : value));
          await assert.rejects(tagged(broken, kernels), { code: "bad-value", tensor });
        }
      }
      if (dtype === "f32" || dtype === "f16") {
        const broken = changed(bytes, MATRIX, (value, i) => (i === 17 ? Number.NaN : value));
        await assert.rejects(tagged(broken, kernels), { code: "bad-value", tensor: MATRIX });
      }
    });

    test(`${name}: −∞ among a CRF's transitions forbids a step, NaN and +∞ are refused`, async () => {
      const forbidden = changed(bytes, "crf.transitions", (value, i) => (i % 5 === 1 ? -Infinity : value));
      const tokens = await tagged(forbidden, kernels);
      assert.ok(tokens.length > 0 && tokens.every(({ score }) => Number.isFinite(score)));
      for (const bad of [Number.NaN, Infinity]) {
        const broken = changed(bytes, "crf.transitions", (value, i) => (i === 4 ? bad : value));
        await assert.rejects(tagged(broken, kernels), { code: "bad-value", tensor: "crf.transitions" });
      }
    });

    test(`${name}: weights too large for float32's sums are an error, and other models go on`, async () => {
      const [huge, tensor] = dtype === "f16" ? [65_000, "classifier.bias"] : [3e38, NORM];
      const overflowing = changed(bytes, tensor, (_, i) => (i % 2 === 0 ? huge : -huge));
      for (const threads of [1, 2]) {
        if (dtype === "f16") {
          // What float16 holds is too small to overflow here: scores stay numbers.
          assert.ok(
            (await tagged(overflowing, kernels, threads)).every(({ score }) => Number.isFinite(score)),
          );
        } else {
          await assert.rejects(tagged(overflowing, kernels, threads), { code: "not-finite" });
        }
      }
      assert.ok((await tagged(bytes, kernels)).every(({ score }) => Number.isFinite(score)));
    });

    test(`${name}: denormal weights are numbers like others`, async () => {
      const small = dtype === "f16" ? 2 ** -24 : 1e-40;
      const tiny = changed(bytes, NORM, () => small);
      assert.ok((await tagged(tiny, kernels)).every(({ score }) => Number.isFinite(score)));
    });
  }
}
