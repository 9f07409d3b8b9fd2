import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { convertDirectory } from "../../src/convert/index.ts";
import { exportOnnx } from "../../src/convert/onnx/export.ts";
import { pipeline } from "../../src/index.node.ts";
import { packSequences } from "../../src/model/batch.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { readCheckpoint, values } from "../reference/checkpoint.ts";
import { relativeError } from "../reference/math.ts";
import { checkpointCopy, failure, temporaryDirectory } from "./directories.ts";

/** What test/golden/bigru.py wrote with PyTorch. */
const BIGRU = fileURLToPath(new URL("../fixtures/bigru/", import.meta.url));
const IGNORED = -100;

test("a torch module of GRUs and a CRF converts: its logits, and the labels of its best paths", async (t) => {
  const file = join(await temporaryDirectory(t), "model.safetensors");
  const { metadata } = await convertDirectory(BIGRU, file);
  assert.deepEqual(metadata.gru, { hidden_size: 5, num_layers: 2 });
  assert.deepEqual(metadata.crf, { tokens: "characters" });

  const expected = readCheckpoint(join(BIGRU, "expected.safetensors"));
  const of = (name: string) => values(expected, name);
  const lengths = [...of("lengths")];
  const width = of("input_ids").length / lengths.length;
  const unpadded = (name: string, size: number) =>
    lengths.map((length, row) => [...of(name)].slice(row * width * size, (row * width + length) * size));

  const model = await loadModel(
    await kernelModule("simd"),
    new MemoryReader(Uint8Array.from(await readFile(file)), file),
    "token-classification",
  );
  const batch = packSequences(unpadded("input_ids", 1).map((ids) => Int32Array.from(ids)));
  await model.run(batch);
  const logits = unpadded("logits", 3).flat();
  const error = relativeError(model.machine.floats(model.head.output, logits.length), logits);
  assert.ok(error < 1e-6, `relative error ${error}`);

  const tag = await pipeline("token-classification", file);
  const texts: string[] = JSON.parse(await readFile(join(BIGRU, "texts.json"), "utf8"));
  const found = await tag(texts, { ignore_labels: [], aggregation_strategy: "none" });
  const labels = found.map((tokens) => tokens.map((token) => metadata.labels.indexOf(token.entity)));
  const paths = unpadded("labels", 1).map((path) => path.filter((label) => label !== IGNORED));
  assert.deepEqual(labels, paths);
  tag.dispose();
});

test("what a directory of GRUs lacks is named", async (t) => {
  const config = JSON.parse(await readFile(join(BIGRU, "config.json"), "utf8"));
  const refuse = async (changes: object, ...error: [code: string, ...parts: string[]]) => {
    const directory = await checkpointCopy(t, BIGRU, { "config.json": { ...config, ...changes } });
    const out = join(await temporaryDirectory(t), "model.safetensors");
    await assert.rejects(convertDirectory(directory, out), failure(...error));
  };
  await refuse({ gru: undefined }, "config-malformed", "gru: expected a JSON object");
  await refuse({ gru: { hidden_size: 5 } }, "config-malformed", '"num_layers"');
  await refuse({ gru: { hidden_size: 5, num_layers: 3 } }, "tensor-missing", "gru.weight_ih_l2_reverse");
  await refuse({ gru: { hidden_size: 5, num_layers: 1 } }, "tensor-surplus", "gru.weight_hh_l1");
  await refuse({ vocab_size: undefined }, "config-malformed", '"vocab_size"');
  await refuse({ id2label: { 0: "O", 1: "B-X" } }, "labels-mismatch", "2 labels", "3 rows");
});

test("a model of GRUs is no ONNX file", async (t) => {
  const directory = await temporaryDirectory(t);
  const file = join(directory, "model.safetensors");
  await convertDirectory(BIGRU, file);
  const out = join(directory, "model.onnx");
  await assert.rejects(exportOnnx(file, out), failure("unsupported", file, "recurrent layers"));
});
