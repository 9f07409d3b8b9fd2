import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type HuggingFaceModel, parseHuggingFaceConfig } from "../../src/convert/hugging-face/config.ts";
import { readCheckpoint, values } from "./checkpoint.ts";

/** The folders of `test/fixtures/encoders`, which `test/parity/encoders.py` writes. */
export const ENCODERS = [
  "bert",
  "bert-masked-lm",
  "bert-multiple-choice",
  "bert-question-answering",
  "bert-sequence-classification",
  "bert-token-classification",
  "ernie-gram",
  "ernie-masked-lm",
  "ernie-sequence-classification",
  "minilm",
  "roberta-masked-lm",
  "roberta-sequence-classification",
  "roberta-token-classification",
  "roformer-masked-lm",
  "roformer-sequence-classification",
  "roformer-token-classification",
] as const;

export type EncoderFolder = (typeof ENCODERS)[number];

export const encoderFolder = (name: EncoderFolder) =>
  new URL(`../fixtures/encoders/${name}/`, import.meta.url);

/** A text, and what transformers made of it. */
export interface EncoderCase {
  readonly inputIds: Int32Array;
  readonly tokenTypeIds: Int32Array;
  readonly lastHiddenState: Float64Array; // [tokens, hidden]
  /** What the head gave, a row for each token or for the text; the sentence embedding where there is no head. */
  readonly scores: Float64Array;
}

export interface EncoderFixture {
  readonly model: HuggingFaceModel;
  readonly batches: EncoderCase[][];
}

export const readEncoder = (name: EncoderFolder): EncoderFixture => readFixture(encoderFolder(name));

/** Any folder that `test/parity/encoders.py` knows to write. */
export function readFixture(folder: URL): EncoderFixture {
  const file = fileURLToPath(new URL("config.json", folder));
  const model = parseHuggingFaceConfig({ file, fields: JSON.parse(readFileSync(file, "utf8")) });
  const expected = readCheckpoint(new URL("expected.safetensors", folder));
  const batches: EncoderCase[][] = [];
  for (let batch = 0; expected.has(`${batch}.input_ids`); batch++) {
    const [rows, width] = expected.get(`${batch}.input_ids`)!.shape as [number, number];
    const rowOf = (key: string, row: number) => {
      const all = values(expected, `${batch}.${key}`);
      return all.subarray((row * all.length) / rows, ((row + 1) * all.length) / rows);
    };
    const has = (key: string) => expected.has(`${batch}.${key}`);
    const perToken = expected.get(`${batch}.logits`)?.shape[1] === width;
    batches.push(
      Array.from({ length: rows }, (_, row) => {
        const tokens = rowOf("attention_mask", row).reduce((sum, bit) => sum + bit, 0);
        const real = (key: string) => rowOf(key, row).slice(0, (rowOf(key, row).length / width) * tokens);
        return {
          inputIds: Int32Array.from(real("input_ids")),
          tokenTypeIds: Int32Array.from(real("token_type_ids")),
          lastHiddenState: real("last_hidden_state"),
          scores: has("end_logits")
            ? interleave(real("logits"), real("end_logits"))
            : perToken
              ? real("logits")
              : rowOf(has("logits") ? "logits" : "sentence_embedding", row),
        };
      }),
    );
  }
  return { model, batches };
}

const interleave = (even: Float64Array, odd: Float64Array) =>
  Float64Array.from({ length: 2 * even.length }, (_, i) => (i % 2 === 0 ? even : odd)[i >> 1]!);
