import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { summarize } from "../../src/cli/model-summary.ts";
import { parseModelFile } from "../../src/model/file/model-file.ts";
import { failure, readSafetensors } from "../convert/directories.ts";
import { randomModel } from "../model/random-model.ts";

const WORDS = "electra.embeddings.word_embeddings.weight";

const summaryOf = (quantization_error: unknown) => {
  const metadata = { quantization_error: JSON.stringify(quantization_error) };
  return summarize(parseModelFile(readSafetensors(randomModel({ metadata })), "m.safetensors"));
};

describe("a model's summary", () => {
  it("counts what lies in the file", () => {
    const { parameters, storage, tensors } = summaryOf({});
    assert.equal(
      parameters * 4,
      tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    assert.deepEqual(storage, ["f32"]);
    assert.ok(tensors.every(({ relative_error }) => relative_error === null));
  });

  it("refuses errors of quantization that can't be", () => {
    for (const [error, ...parts] of [
      [[1], "object"],
      [3, "object"],
      [{ [WORDS]: 0.1 }, WORDS, "no quantized tensor"],
      [{ absent: 0.1 }, "absent", "no quantized tensor"],
    ] as const)
      assert.throws(
        () => summaryOf(error),
        failure("metadata-malformed", "m.safetensors", "quantization_error", ...parts),
      );
  });
});
