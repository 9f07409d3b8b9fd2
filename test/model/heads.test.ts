import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { convertDirectory } from "../../src/convert/index.ts";
import { type PackedBatch, packSequences } from "../../src/model/batch.ts";
import type { Task } from "../../src/model/config.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import type { SequenceScores } from "../../src/model/heads/sequence-scores.ts";
import type { TokenScores } from "../../src/model/heads/token-scores.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { Model } from "../../src/model/model.ts";
import type { Network } from "../../src/model/network.ts";
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

/** The scores that a head leaves for the rows of a batch: all tokens' or all sequences', in order. */
const SCORES: { readonly [T in Task]?: (model: Model<T>, { offsets }: PackedBatch) => number[] } = {
  "token-classification": tokenScores,
  "question-answering": tokenScores,
  "replaced-token-detection": tokenScores,
  "text-classification": sequenceScores,
  "multiple-choice": sequenceScores,
  "fill-mask": ({ head }, { inputIds }) =>
    Array.from(inputIds, (_, token) => [...head.scoresAt(token)]).flat(),
};

function tokenScores({ machine, head }: Network, { inputIds }: PackedBatch): number[] {
  const { output, width } = head as TokenScores;
  return [...machine.floats(output, inputIds.length * width)];
}

function sequenceScores({ head }: Network, { offsets }: PackedBatch): number[] {
  return Array.from(offsets.subarray(1), (_, i) => [...(head as SequenceScores).scoresOf(i)]).flat();
}

const FOLDERS: readonly (readonly [folder: string, task: Task])[] = [
  ["token-classification", "token-classification"],
  ["token-classification-noproj", "token-classification"],
  ["token-classification-odd", "token-classification"],
  ["sequence-classification", "text-classification"],
  ["multiple-choice", "multiple-choice"],
  ["question-answering", "question-answering"],
  ["masked-lm", "fill-mask"],
  ["pretraining", "replaced-token-detection"],
];

describe("heads, against PyTorch", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [name, task] of FOLDERS) {
    test(`${name}: every batch, packed without its padding`, async () => {
      const file = join(folder, `${name}.safetensors`);
      await convertDirectory(fileURLToPath(headFolder(name)), file);
      const reader = new MemoryReader(await readFile(file), name);
      const model = await loadModel(await kernelModule("simd"), reader, task);
      const scoresOf = SCORES[task] as (model: Model, batch: PackedBatch) => number[];
      const expected = readCheckpoint(new URL("expected.safetensors", headFolder(name)));
      const hiddenSize = model.electra.config.hidden_size;

      for (const batch of CASES) {
        const [rows, width] = expected.get(`${batch}.input_ids`)!.shape as [number, number];
        const shape = expected.get(`${batch}.logits`)!.shape;
        const perToken = shape[1] === width;
        const scores = shape.slice(perToken ? 2 : 1).reduce((product, size) => product * size, 1);
        const rowOf = (key: string, size: number, row: number) =>
          values(expected, `${batch}.${key}`).subarray(row * size, (row + 1) * size);
        const lengths = Array.from({ length: rows }, (_, row) =>
          rowOf("attention_mask", width, row).reduce((sum, bit) => sum + bit, 0),
        );
        const hidden: number[][] = [[], []];
        const logits: number[][] = [[], []];
        for (const group of groupsWithin(model.electra.capacity, lengths)) {
          const unpadded = (key: string, size: number) =>
            group.flatMap((row) => [...rowOf(key, width * size, row).subarray(0, lengths[row]! * size)]);
          const packed: PackedBatch = {
            inputIds: Int32Array.from(unpadded("input_ids", 1)),
            tokenTypeIds: Int32Array.from(unpadded("token_type_ids", 1)),
            offsets: packSequences(group.map((row) => new Int32Array(lengths[row]!))).offsets,
          };
          await model.run(packed);
          const state = model.machine.floats(model.electra.hidden, packed.inputIds.length * hiddenSize);
          hidden[0]!.push(...state);
          hidden[1]!.push(...unpadded("last_hidden_state", hiddenSize));
          logits[0]!.push(...scoresOf(model, packed));
          logits[1]!.push(
            ...(perToken
              ? unpadded("logits", scores)
              : group.flatMap((row) => [...rowOf("logits", scores, row)])),
          );
        }
        for (const [what, [actual, reference]] of Object.entries({ hidden, logits })) {
          assert.equal(actual!.length, reference!.length);
          const error = relativeError(Float64Array.from(actual!), Float64Array.from(reference!));
          assert.ok(error <= TOLERANCE, `case ${batch}: ${what}: relative error ${error}`);
        }
      }
    });
  }
});
