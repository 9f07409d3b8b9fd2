// A model's own parts call the kernels with addresses and sizes that they work out: whatever the model's shape and the texts,
// nothing changes but the memory that they set aside to work in.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { convertModelFile } from "../../src/convert/index.ts";
import { packSequences } from "../../src/model/batch.ts";
import type { Task } from "../../src/model/config.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { Machine } from "../../src/wasm/machine.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { random } from "../random.ts";
import { type RandomModelOptions, randomModel } from "./random-model.ts";

const MODELS = 12;
const BATCHES = 6;
const POISON = 0xa5;
const TASKS: readonly Task[] = [
  "token-classification",
  "text-classification",
  "question-answering",
  "fill-mask",
];

interface Region {
  readonly begin: number;
  readonly end: number;
}

/** What a machine sets aside while `load` runs. */
async function watched<T>(load: () => Promise<T>): Promise<{ result: T; regions: Region[] }> {
  const regions: Region[] = [];
  const { reserve } = Machine.prototype;
  Machine.prototype.reserve = function (bytes) {
    const begin = reserve.call(this, bytes);
    regions.push({ begin, end: begin + bytes });
    return begin;
  };
  try {
    return { result: await load(), regions };
  } finally {
    Machine.prototype.reserve = reserve;
  }
}

type Draw = (least: number, most: number) => number;

function drawModel(draw: Draw): RandomModelOptions {
  const task = TASKS[draw(0, TASKS.length - 1)]!;
  const heads = draw(1, 3);
  const rotary = draw(0, 3) === 0;
  const config = {
    hidden_size: heads * 2 * draw(1, 9),
    num_attention_heads: heads,
    embedding_size: draw(1, 20),
    intermediate_size: draw(1, 40),
    num_hidden_layers: draw(1, 2),
    max_position_embeddings: draw(4, 50),
    ...(rotary && { model_type: "roformer" as const, position_embedding_type: "rotary" as const }),
  };
  if (task !== "token-classification") return { task, config };
  const gru = draw(0, 2) === 0 ? { gru: { hidden_size: draw(1, 12), num_layers: draw(1, 2) } } : {};
  return { task, config, ...gru, ...(draw(0, 1) === 0 ? { crf: undefined } : {}) };
}

/** The file in int8. */
async function quantized(bytes: Uint8Array): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  try {
    await writeFile(join(folder, "f"), bytes);
    await convertModelFile(join(folder, "f"), join(folder, "q"), { dtype: "int8" });
    return await readFile(join(folder, "q"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const path of KERNEL_PATHS) {
  test(`models of random shapes change their working memory alone, ${path} kernels`, async () => {
    const module = await kernelModule(path);
    const next = random(3);
    const draw: Draw = (least, most) => least + Math.floor(next() * (most - least + 1));
    for (let i = 0; i < MODELS; i++) {
      const options = drawModel(draw);
      const floats = randomModel(options);
      const bytes = i % 2 === 1 && options.gru === undefined ? await quantized(floats) : floats;
      const { result: model, regions } = await watched(() =>
        loadModel(module, new MemoryReader(bytes, "random"), options.task!),
      );
      const { machine } = model;
      const memory = machine.bytes(0, machine.byteLength);
      regions.sort((a, b) => a.begin - b.begin);
      // What is not zero now are weights, but for the stage through which they came: that one is the first.
      const isWorkspace = ({ begin, end }: Region) => memory.subarray(begin, end).every((byte) => byte === 0);
      const [stage, ...others] = regions;
      const workspace = [stage!, ...others.filter(isWorkspace)];
      let position = stage!.begin;
      for (const { begin, end } of regions) {
        memory.fill(POISON, position, begin);
        position = end;
      }
      memory.fill(POISON, position);
      const before = memory.slice();

      const { capacity } = model.electra;
      const { vocab_size: vocabulary } = model.electra.config;
      for (let batch = 0; batch < BATCHES; batch++) {
        const sequences: Int32Array[] = [];
        for (let left = draw(1, capacity); left > 0; left -= sequences.at(-1)!.length) {
          sequences.push(Int32Array.from({ length: draw(1, left) }, () => draw(0, vocabulary - 1)));
        }
        await model.run(packSequences(sequences));
      }
      for (const { begin, end } of workspace) before.set(memory.subarray(begin, end), begin);
      const changed =
        Buffer.compare(memory, before) === 0 ? -1 : memory.findIndex((byte, at) => byte !== before[at]);
      assert.equal(changed, -1, `byte ${changed} of ${JSON.stringify(options)}`);
      assert.ok(workspace.length > 5, "working memory was found");
    }
  });
}
