import { ModelFileError } from "../errors.ts";
import { pattern } from "../wasm/answer-sheet.ts";
import type { KernelPath } from "../wasm/kernel-path.ts";
import { packSequences } from "./batch.ts";
import { ANSWER_PARTS, type AnswerPart, type KnownInput, type ModelAnswer } from "./file/model-answer.ts";
import type { Head } from "./heads/head.ts";
import { TokenClassifier } from "./heads/token-classifier.ts";
import type { Model } from "./model.ts";

/** How far a part of a model's known answer was from the one in its file: ‖actual − expected‖ / max(‖expected‖, 1). */
export interface AnswerDifference {
  readonly part: AnswerPart;
  readonly difference: number;
  readonly tolerance: number;
}

const SKETCH = 21;

/** Plain kernels give the same numbers on every engine; the rest is a later release's order of summing. */
const TOLERANCE = 1e-4;

/** Of a quantized model on relaxed kernels, whose file doesn't tell: it was written where there are none. */
const COARSE_TOLERANCE = 0.5;

/** Runs a model on an input as it would run any other: on its threads, if it has a team. */
export async function answerOf(
  model: Model,
  { input_ids, token_type_ids }: KnownInput,
): Promise<ModelAnswer> {
  const { machine, electra } = model;
  const head: Head = model.head;
  const tokens = input_ids.length;
  await model.run(packSequences([Int32Array.from(input_ids)], [Int32Array.from(token_type_ids)]));
  const hidden = sketch(machine.floats(electra.hidden, tokens * electra.config.hidden_size));
  const scores = head.scoresOfFirst?.(tokens);
  const answer = { input_ids, token_type_ids, hidden, ...(scores && { scores: sketch(scores) }) };
  return head instanceof TokenClassifier ? { ...answer, tagging: taggingOf(model, head, tokens) } : answer;
}

/** Emissions that are given leave a CRF's own numbers to be compared, as exact on paths whose encoders aren't. */
function taggingOf({ machine }: Model, head: TokenClassifier, tokens: number): number[] {
  const values = tokens * head.width;
  machine.floats(head.output, values).set(pattern(values, 7));
  const { labels, probabilities, posterior } = head.tag(0, Int32Array.from(Array(tokens).keys()));
  return [...(posterior ? [posterior.logLikelihood(labels)] : []), ...sketch(probabilities)];
}

/**
 * A few sums that keep the length of a vector, and of the difference of two (a count sketch, Charikar et al. 2002): each
 * value goes into one of them, with a sign of its own, so that no value can change without its sum.
 */
function sketch(values: Float32Array): number[] {
  const sums = new Array<number>(Math.min(SKETCH, values.length)).fill(0);
  values.forEach((value, i) => {
    const hash = Math.imul(i + 1, 0x9e3779b1);
    sums[i % SKETCH]! += Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) < 0 ? -value : value;
  });
  return sums;
}

/**
 * Runs a model's known answer and compares.
 *
 * @param path of the kernels that the model runs on
 * @throws {ModelFileError} `no-answer` where the file has none, `wrong-answer` where another comes of it
 */
export async function checkAnswer(model: Model, path: KernelPath): Promise<readonly AnswerDifference[]> {
  const { name, quantized, knownAnswer } = model.file;
  if (knownAnswer === undefined) {
    const detail = "has no known answer; electra-edge convert writes one";
    throw new ModelFileError("no-answer", name, detail);
  }
  const actual = await answerOf(model, knownAnswer);
  const differences = ANSWER_PARTS.flatMap((part) => {
    const [found, expected] = [actual[part], knownAnswer[part]];
    if (found === undefined || expected === undefined) return [];
    const coarse = quantized && path === "relaxed" && part !== "tagging";
    const tolerance = coarse ? (knownAnswer.tolerance?.[0] ?? COARSE_TOLERANCE) : TOLERANCE;
    return [{ part, difference: differenceOf(found, expected), tolerance }];
  });
  const wrong = differences.find(({ difference, tolerance }) => !(difference <= tolerance));
  if (wrong === undefined) return differences;
  throw new ModelFileError(
    "wrong-answer",
    name,
    `known answer: on ${path} kernels "${wrong.part}" differs by ${wrong.difference}, not ${wrong.tolerance} at most`,
  );
}

/** How far one sketch is from another, as a share of that; NaN where they aren't alike in length. */
export function differenceOf(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.NaN;
  const distance = Math.hypot(...actual.map((value, i) => value - expected[i]!));
  return distance / Math.max(Math.hypot(...expected), 1);
}
