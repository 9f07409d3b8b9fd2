import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ConvertOptions, convertDirectory } from "../../src/convert/index.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { acceptsPath, KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { startThread } from "../../src/wasm/thread-node.ts";
import { readCheckpoint } from "../reference/checkpoint.ts";
import { electra } from "../reference/electra.ts";
import {
  ENCODERS,
  type EncoderCase,
  type EncoderFolder,
  encoderFolder,
  readEncoder,
} from "../reference/encoder-fixtures.ts";
import {
  maskedLanguageModel,
  multipleChoice,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
} from "../reference/heads.ts";
import { relativeError } from "../reference/math.ts";
import { meanOf, type Outcome, runTexts } from "./run-texts.ts";

const EXACT = { lastHiddenState: 2e-5, scores: 2e-5 };

/** What int8 may lose: layers as tiny and random as these even nothing out, and a score may be near 0. */
const INT8 = { lastHiddenState: 0.08, scores: 0.2 };

/** Groups that a model takes at once: each text alone, and as many of the batch as have room. */
function groupsOf(batch: readonly EncoderCase[], capacity: number): EncoderCase[][] {
  const lengths = batch.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  return [...batch.map((text) => [text]), ...(lengths > capacity ? [] : [[...batch]])];
}

function assertNear(outcome: Outcome, text: EncoderCase, tolerances: typeof EXACT, what: string): void {
  for (const key of ["lastHiddenState", "scores"] as const) {
    assert.equal(outcome[key].length, text[key].length, `${what}: ${key}`);
    const error = relativeError(outcome[key], text[key]);
    assert.ok(
      error <= tolerances[key],
      `${what}, ${text.inputIds.length} tokens: ${key}: relative error ${error}`,
    );
  }
}

describe("families of encoders, against transformers", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function convert(name: EncoderFolder, options: ConvertOptions): Promise<Uint8Array> {
    const file = join(folder, `${name}.safetensors`);
    await convertDirectory(fileURLToPath(encoderFolder(name)), file, options);
    return readFile(file);
  }

  for (const name of ENCODERS) {
    const { model: described, batches } = readEncoder(name);

    test(`${name}: every text alone and packed, on every path`, async () => {
      const bytes = await convert(name, { dtype: "f32" });
      for (const path of KERNEL_PATHS.filter(acceptsPath)) {
        const reader = new MemoryReader(bytes, name);
        const model = await loadModel(await kernelModule(path), reader, described.task);
        for (const group of batches.flatMap((batch) => groupsOf(batch, model.electra.capacity))) {
          const outcomes = await runTexts(model, group);
          for (const [i, text] of group.entries()) assertNear(outcomes[i]!, text, EXACT, `${name}, ${path}`);
        }
      }
    });

    test(`${name}: int8`, async () => {
      const bytes = await convert(name, { dtype: "int8" });
      for (const path of KERNEL_PATHS.filter(acceptsPath)) {
        const model = await loadModel(
          await kernelModule(path),
          new MemoryReader(bytes, name),
          described.task,
        );
        for (const text of batches.flat()) {
          const [outcome] = await runTexts(model, [text]);
          assertNear(outcome!, text, INT8, `${name}, ${path}`);
        }
      }
    });

    test(`${name}: the scalar reference`, async () => {
      const file = join(folder, `${name}.safetensors`);
      await convert(name, { dtype: "f32" });
      const checkpoint = readCheckpoint(file);
      const { config, task } = described;
      for (const text of batches.flat()) {
        const hidden = electra(checkpoint, config, text.inputIds, text.tokenTypeIds);
        const scores = {
          "token-classification": () => tokenClassification(checkpoint, hidden),
          "text-classification": () => sequenceClassification(checkpoint, config, hidden),
          "multiple-choice": () => multipleChoice(checkpoint, config, hidden),
          "question-answering": () => questionAnswering(checkpoint, hidden),
          "fill-mask": () => maskedLanguageModel(checkpoint, config, hidden),
          "feature-extraction": () => meanOf(hidden, config.hidden_size),
        }[task as string]!();
        assertNear({ lastHiddenState: [...hidden], scores: [...scores] }, text, EXACT, name);
      }
    });
  }

  for (const name of ["roformer-masked-lm", "roformer-sequence-classification"] as const) {
    for (const dtype of ["f32", "int8"] as const) {
      test(`${name}, ${dtype}: the same on any number of threads, to the last bit`, async () => {
        const { model: described, batches } = readEncoder(name);
        const bytes = await convert(name, { dtype });
        const outcomes = await Promise.all(
          [1, 2, 3].map(async (threads) => {
            const module = await kernelModule("simd", threads > 1);
            const model = await loadModel(module, new MemoryReader(bytes, name), described.task, { threads });
            if (threads > 1) await model.startTeam(startThread, module);
            try {
              const results: Outcome[][] = [];
              for (const group of batches.flatMap((batch) => groupsOf(batch, model.electra.capacity)))
                results.push(await runTexts(model, group));
              return results;
            } finally {
              model.endTeam();
            }
          }),
        );
        for (const outcome of outcomes.slice(1)) assert.deepEqual(outcome, outcomes[0]);
      });
    }
  }
});
