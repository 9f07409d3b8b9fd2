import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { convertDirectory } from "../../src/convert/index.ts";
import { type PackedBatch, packSequences } from "../../src/model/batch.ts";
import { MemoryReader } from "../../src/model/byte-reader.ts";
import { loadTokenClassifier } from "../../src/model/load-model.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { readCheckpoint, values } from "../reference/checkpoint.ts";
import { headFolder } from "../reference/expected.ts";
import { relativeError } from "../reference/math.ts";

const TOLERANCE = 2e-5;
const CASES = ["0", "1", "2", "3"];

/** Rows in order, as many together as fit. */
function groupsWithin(capacity: number, lengths: readonly number[]): number[][] {
  const groups: number[][] = [];
  let room = 0;
  lengths.forEach((length, row) => {
    if (length > room) {
      groups.push([]);
      room = capacity;
    }
    groups.at(-1)!.push(row);
    room -= length;
  });
  return groups;
}

describe("token classification heads, against PyTorch", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of ["token-classification", "token-classification-noproj", "token-classification-odd"]) {
    test(`${name}: every batch, packed without its padding`, async () => {
      const file = join(folder, `${name}.safetensors`);
      await convertDirectory(fileURLToPath(headFolder(name)), file);
      const reader = new MemoryReader(await readFile(file), name);
      const { model } = await loadTokenClassifier(await kernelModule("simd"), reader);
      const expected = readCheckpoint(new URL("expected.safetensors", headFolder(name)));
      const hiddenSize = model.electra.config.hidden_size;

      for (const batch of CASES) {
        const [rows, width] = expected.get(`${batch}.input_ids`)!.shape as [number, number];
        const rowOf = (key: string, size: number, row: number) =>
          values(expected, `${batch}.${key}`).subarray(row * width * size, (row + 1) * width * size);
        const lengths = Array.from({ length: rows }, (_, row) =>
          rowOf("attention_mask", 1, row).reduce((sum, bit) => sum + bit, 0),
        );
        const hidden: number[][] = [[], []];
        const logits: number[][] = [[], []];
        for (const group of groupsWithin(model.electra.capacity, lengths)) {
          const unpadded = (key: string, size: number) =>
            group.flatMap((row) => [...rowOf(key, size, row).subarray(0, lengths[row]! * size)]);
          const packed: PackedBatch = {
            inputIds: Int32Array.from(unpadded("input_ids", 1)),
            tokenTypeIds: Int32Array.from(unpadded("token_type_ids", 1)),
            offsets: packSequences(group.map((row) => new Int32Array(lengths[row]!))).offsets,
          };
          const tokens = packed.inputIds.length;
          model.electra.setBatch(packed);
          const state = model.electra.forward(packed.offsets);
          hidden[0]!.push(...model.machine.floats(state, tokens * hiddenSize));
          hidden[1]!.push(...unpadded("last_hidden_state", hiddenSize));
          const scores = await model.logits(packed);
          logits[0]!.push(...model.machine.floats(scores, tokens * model.labels));
          logits[1]!.push(...unpadded("logits", model.labels));
        }
        for (const [what, [actual, reference]] of Object.entries({ hidden, logits })) {
          const error = relativeError(Float64Array.from(actual!), Float64Array.from(reference!));
          assert.ok(error <= TOLERANCE, `case ${batch}: ${what}: relative error ${error}`);
        }
      }
    });
  }
});
