import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { convertDirectory } from "../../src/convert/index.ts";
import { MemoryReader } from "../../src/model/byte-reader.ts";
import { loadTokenClassifier } from "../../src/model/load-model.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { readCheckpoint, values } from "../reference/checkpoint.ts";
import { headFolder } from "../reference/expected.ts";
import { relativeError } from "../reference/math.ts";

const TOLERANCE = 2e-5;
const CASES = ["0", "1", "2", "3"];

describe("token classification heads, against PyTorch", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of ["token-classification", "token-classification-noproj", "token-classification-odd"]) {
    test(`${name}: every batch, row by row without its padding`, async () => {
      const file = join(folder, `${name}.safetensors`);
      await convertDirectory(fileURLToPath(headFolder(name)), file);
      const reader = new MemoryReader(await readFile(file), name);
      const { model } = await loadTokenClassifier(await kernelModule(), reader);
      const expected = readCheckpoint(new URL("expected.safetensors", headFolder(name)));
      const hiddenSize = model.electra.config.hidden_size;

      for (const batch of CASES) {
        const [rows, width] = expected.get(`${batch}.input_ids`)!.shape as [number, number];
        const hidden: number[][] = [[], []];
        const logits: number[][] = [[], []];
        for (let row = 0; row < rows; row++) {
          const ofRow = (key: string, size: number) =>
            values(expected, `${batch}.${key}`).subarray(row * width * size, (row + 1) * width * size);
          const tokens = ofRow("attention_mask", 1).reduce((sum, bit) => sum + bit, 0);
          const inputIds = Int32Array.from(ofRow("input_ids", 1).subarray(0, tokens));
          const tokenTypeIds = Int32Array.from(ofRow("token_type_ids", 1).subarray(0, tokens));

          const state = model.electra.encode(inputIds, tokenTypeIds);
          hidden[0]!.push(...model.machine.floats(state, tokens * hiddenSize));
          hidden[1]!.push(...ofRow("last_hidden_state", hiddenSize).subarray(0, tokens * hiddenSize));
          const scores = model.logits(inputIds, tokenTypeIds);
          logits[0]!.push(...model.machine.floats(scores, tokens * model.labels));
          logits[1]!.push(...ofRow("logits", model.labels).subarray(0, tokens * model.labels));
        }
        for (const [what, [actual, reference]] of Object.entries({ hidden, logits })) {
          const error = relativeError(Float64Array.from(actual!), Float64Array.from(reference!));
          assert.ok(error <= TOLERANCE, `case ${batch}: ${what}: relative error ${error}`);
        }
      }
    });
  }
});
