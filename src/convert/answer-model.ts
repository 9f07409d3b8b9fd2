import { EngineError } from "../errors.ts";
import { ANSWER_PARTS, type KnownInput, type ModelAnswer } from "../model/file/model-answer.ts";
import type { ModelFile } from "../model/file/model-file.ts";
import type { Head } from "../model/heads/head.ts";
import { answerOf, differenceOf } from "../model/known-answer.ts";
import { Model } from "../model/model.ts";
import { Weights } from "../model/weights.ts";
import { parseTokenizerConfig } from "../text/tokenizer-config.ts";
import { acceptsPath, type KernelPath, selectKernels } from "../wasm/kernel-path.ts";
import { Machine } from "../wasm/machine.ts";
import { kernelModule } from "../wasm/module-inline.ts";
import { loadTensors, type ReadTensor } from "./load-tensors.ts";

/** Three tiles of the matrix kernels' rows, and a row by itself: each of their shapes. */
const TOKENS = 13;

const DIGITS = 6;

/**
 * What a model makes of a short input, for its file to state. It runs on one thread of the plain kernels, whose results are
 * the same on every engine. A quantized one then runs on the relaxed kernels too, where the engine has them, to tell how far
 * these may lead it away.
 *
 * @param file what the file will say
 * @returns undefined where there is none: for a model that gives NaN or infinity, or that has no place in memory
 */
export async function answerModel(file: ModelFile, read: ReadTensor): Promise<ModelAnswer | undefined> {
  try {
    const input = knownInput(file);
    const answer = rounded(await answerOn("simd", file, read, input));
    if (answer === undefined || !file.quantized || !acceptsPath("relaxed")) return answer;
    const tolerance = toleranceFor(await answerOn("relaxed", file, read, input), answer);
    return tolerance <= 1 ? { ...answer, tolerance: [tolerance] } : answer;
  } catch (error) {
    if (error instanceof EngineError && error.code === "out-of-memory") return undefined;
    throw error;
  }
}

async function answerOn(
  path: KernelPath,
  file: ModelFile,
  read: ReadTensor,
  input: KnownInput,
): Promise<ModelAnswer> {
  const { module } = await selectKernels(kernelModule, path);
  const machine = await Machine.create(module);
  const weights = new Weights(machine, file);
  const model = new Model(machine, weights, file, file.metadata.task, 1);
  machine.commit();
  await loadTensors(weights, file, read);
  const head: Head = model.head;
  head.prepare?.();
  return answerOf(model, input);
}

/** Twice what was seen, since engines may round a product and a sum together or apart, and up to a power of two, for the same. */
function toleranceFor({ hidden, scores }: ModelAnswer, expected: ModelAnswer): number {
  const seen = Math.max(
    differenceOf(hidden!, expected.hidden!),
    scores === undefined ? 0 : differenceOf(scores, expected.scores!),
  );
  return 2 ** Math.ceil(Math.log2(2 * seen));
}

/** Tokens from all over the vocabulary, in the frame of a pair of texts where the model tells two apart. */
function knownInput({ name, metadata }: ModelFile): KnownInput {
  const { max_position_embeddings, type_vocab_size } = metadata.config;
  const { vocab, cls_token, sep_token } = parseTokenizerConfig(metadata.tokenizer, name);
  const length = Math.min(TOKENS, max_position_embeddings);
  const input_ids = Array.from({ length }, (_, i) => Math.floor(((i + 0.5) * vocab.length) / length));
  const token_type_ids = new Array<number>(length).fill(0);
  input_ids[0] = vocab.indexOf(cls_token);
  if (length > 1) input_ids[length - 1] = vocab.indexOf(sep_token);
  const middle = Math.floor(length / 2);
  if (type_vocab_size > 1 && length > 4) {
    input_ids[middle] = vocab.indexOf(sep_token);
    token_type_ids.fill(1, middle + 1);
  }
  return { input_ids, token_type_ids };
}

function rounded(answer: ModelAnswer): ModelAnswer | undefined {
  const parts = ANSWER_PARTS.flatMap((part) => {
    const numbers = answer[part]?.map((value) => Number(value.toPrecision(DIGITS)));
    return numbers === undefined ? [] : [[part, numbers] as const];
  });
  const finite = parts.every(([, numbers]) => numbers.every(Number.isFinite));
  return finite ? { ...answer, ...Object.fromEntries(parts) } : undefined;
}
