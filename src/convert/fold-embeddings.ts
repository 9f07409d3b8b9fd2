import { ConvertError } from "../errors.ts";
import type { ElectraConfig } from "../model/config.ts";
import { sinusoids } from "../model/rotary.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import type { HuggingFaceModel } from "./hugging-face/config.ts";
import { floatsOf, rowsOf } from "./lazy-tensor.ts";

export const POSITION_EMBEDDINGS = "electra.embeddings.position_embeddings.weight";
const TOKEN_TYPES = "electra.embeddings.token_type_embeddings.weight";
const TASK_TYPES = "electra.embeddings.task_type_embeddings.weight";
const SINUSOIDS = "electra.encoder.embed_positions.weight";

/** A table of sines in half precision is this near. */
const SINUSOID_TOLERANCE = 1e-3;

type Tensors = ReadonlyMap<string, CheckpointTensor>;

/**
 * Embeddings that other families have and ELECTRA has not, put into those that it has: RoBERTa's position embeddings
 * lose the rows before a text's first, and the embedding of ERNIE's task 0, which every token gets, is added to those of
 * the token types.
 *
 * @throws {ConvertError} `tensor-missing`, or `unsupported` where RoFormer's table of sines and cosines is another one
 */
export async function foldEmbeddings(
  tensors: Tensors,
  { config, firstPosition, taskType }: HuggingFaceModel,
  directory: string,
): Promise<Tensors> {
  const folded = new Map(tensors);
  const positions = folded.get(POSITION_EMBEDDINGS);
  if (positions !== undefined) folded.set(POSITION_EMBEDDINGS, withoutRows(positions, firstPosition));
  const [taskTypes, tokenTypes] = [folded.get(TASK_TYPES), folded.get(TOKEN_TYPES)];
  folded.delete(TASK_TYPES);
  if (taskType && taskTypes === undefined) {
    throw new ConvertError("tensor-missing", directory, `"use_task_id" asks for the tensor "${TASK_TYPES}"`);
  }
  if (taskType && tokenTypes !== undefined) folded.set(TOKEN_TYPES, withFirstRow(tokenTypes, taskTypes!));
  const table = folded.get(SINUSOIDS);
  folded.delete(SINUSOIDS);
  if (table !== undefined) await assertSinusoids(table, config);
  return folded;
}

function withoutRows(tensor: CheckpointTensor, rows: number): CheckpointTensor {
  const [count = 0] = tensor.shape;
  return rows === 0 || count < rows ? tensor : rowsOf(tensor, rows, count);
}

/** Adds another tensor's first row to every row. */
function withFirstRow(tensor: CheckpointTensor, other: CheckpointTensor): CheckpointTensor {
  return {
    ...tensor,
    dtype: "F32",
    computed: true,
    async read() {
      const [sums, first] = [await tableOf(tensor), await tableOf(other)];
      const size = tensor.shape[1]!;
      return new Uint8Array(sums.map((value, i) => value + first[i % size]!).buffer);
    },
  };
}

async function assertSinusoids(tensor: CheckpointTensor, config: ElectraConfig): Promise<void> {
  const [expected, actual] = [sinusoids(config), await tableOf(tensor)];
  const same = (value: number, i: number) => Math.abs(value - expected[i]!) <= SINUSOID_TOLERANCE;
  if (actual.length === expected.length && actual.every(same)) return;
  const detail = `the tensor "${SINUSOIDS}" is no table of RoFormer's sines and cosines`;
  throw new ConvertError("unsupported", tensor.file, detail);
}

const tableOf = (tensor: CheckpointTensor): Promise<Float32Array<ArrayBuffer>> =>
  floatsOf(tensor, (value) => {
    throw new ConvertError("unsupported", tensor.file, `the value ${value} is too large for float32`);
  });
