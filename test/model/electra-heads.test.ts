import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { exportHuggingFace } from "../../src/convert/hugging-face/export.ts";
import { convertDirectory } from "../../src/convert/index.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { readFixture } from "../reference/encoder-fixtures.ts";
import { relativeError } from "../reference/math.ts";
import { runTexts } from "./run-texts.ts";

const TOLERANCE = 2e-5;

/** The folders of `test/fixtures/heads-hf`, which `test/parity/heads.py` writes. */
const HEADS = [
  "electra",
  "electra-masked-lm",
  "electra-multiple-choice",
  "electra-pre-training",
  "electra-question-answering",
  "electra-sequence-classification",
  "electra-token-classification",
];

describe("every head of transformers' ELECTRA", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of HEADS) {
    test(`${name}: its numbers, and again after export and conversion`, async () => {
      const fixture = new URL(`../fixtures/heads-hf/${name}/`, import.meta.url);
      const path = (suffix: string) => join(folder, `${name}${suffix}`);
      await convertDirectory(fileURLToPath(fixture), path("-there"));
      const bytes = await readFile(path("-there"));
      const { model: described, batches } = readFixture(fixture);
      const model = await loadModel(
        await kernelModule("simd"),
        new MemoryReader(bytes, name),
        described.task,
      );
      for (const text of batches.flat()) {
        const [outcome] = await runTexts(model, [text]);
        for (const key of ["lastHiddenState", "scores"] as const) {
          assert.equal(outcome![key].length, text[key].length, key);
          const error = relativeError(outcome![key], text[key]);
          assert.ok(error <= TOLERANCE, `${text.inputIds.length} tokens: ${key}: relative error ${error}`);
        }
      }

      await exportHuggingFace(path("-there"), path("-directory"));
      await convertDirectory(path("-directory"), path("-back"));
      assert.ok((await readFile(path("-back"))).equals(bytes));
    });
  }
});
