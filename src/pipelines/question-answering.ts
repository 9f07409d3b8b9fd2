import { InputError } from "../errors.ts";
import { softmax } from "../model/scores.ts";
import type { Encoding } from "../text/tokenizer.ts";
import type { EncodedText, ModelTokenizer } from "./model-tokenizer.ts";
import { checkCount, checkFlag, refuse } from "./options.ts";
import { largest } from "./scores.ts";
import type { CallOptions, LoadedPipeline, TaskDefinition } from "./task-pipeline.ts";

export interface QuestionInput {
  readonly question: string;
  /** The text that has the answer; of any length. */
  readonly context: string;
}

/** A stretch of the context that answers. */
export interface Answer {
  /** The probability that it starts and ends there: the product of the two, among the tokens of one window. */
  readonly score: number;
  /** UTF-16 offsets in the context, half-open; both 0 where there is no answer. */
  readonly start: number;
  readonly end: number;
  /** The context from `start` to `end`. */
  readonly answer: string;
}

export interface QuestionAnsweringOptions extends CallOptions {
  /** How many answers, the best first. Default 1, which gives the answer itself and not a list. */
  readonly top_k?: number;
  /** Whether "no answer", an empty one, is among them. Default `false`. */
  readonly handle_impossible_answer?: boolean;
  /** The longest answer in tokens. Default 15. */
  readonly max_answer_len?: number;
  /** Tokens of question and context that the model sees at once. Default 384, or what it takes. */
  readonly max_seq_len?: number;
  /** Tokens that one window of a longer context shares with the next. Default 128, at most half of the window. */
  readonly doc_stride?: number;
}

type Best = QuestionAnsweringOptions & { readonly top_k?: 1 };
type Ranked = QuestionAnsweringOptions & { readonly top_k: number };

/** Finds the answer to a question in a text. */
export interface QuestionAnsweringPipeline extends LoadedPipeline {
  (input: QuestionInput, options?: Best): Promise<Answer>;
  (inputs: readonly QuestionInput[], options?: Best): Promise<Answer[]>;
  (input: QuestionInput, options: Ranked): Promise<Answer[]>;
  (inputs: readonly QuestionInput[], options: Ranked): Promise<Answer[][]>;
  (question: string, context: string, options?: Best): Promise<Answer>;
  (question: string, context: string, options: Ranked): Promise<Answer[]>;
}

/** A part of the context behind the question. */
interface Window extends EncodedText {
  /** The context's token that is the window's first, and the one after its last. */
  readonly from: number;
  readonly to: number;
}

export const questionAnswering: TaskDefinition<
  "question-answering",
  QuestionAnsweringOptions,
  QuestionInput,
  Answer | Answer[]
> = {
  readArguments: (input, second, third) =>
    typeof second === "string" ? [{ question: input, context: second }, third] : [input, second],
  checkOptions({ top_k, handle_impossible_answer, max_answer_len, max_seq_len, doc_stride }) {
    for (const [name, count] of Object.entries({ top_k, max_answer_len, max_seq_len, doc_stride })) {
      checkCount(name, count);
    }
    checkFlag("handle_impossible_answer", handle_impossible_answer);
  },
  open:
    ({ machine, head }, tokenizer) =>
    (input, options) => {
      const { top_k = 1, handle_impossible_answer = false, max_answer_len = 15 } = options;
      const { question, context } = input ?? {};
      const asked = tokenizer.encodeWhole(question);
      const encoded = tokenizer.encodeWhole(context);
      if (encoded.ids.length === 2) refuse("context", "a text that has words", context);
      const room = roomForContext(asked, tokenizer.maxTokens, options);
      const answers = new Map<string, Answer>();
      let impossible = 1;
      return {
        sequences: windowsOf(asked, encoded, tokenizer, room, options.doc_stride ?? 128),
        read(sequence, { row }) {
          const { from, to } = sequence as Window;
          const before = asked.ids.length;
          const logits = machine.floats(head.output + row * 8, (before + to - from) * 2);
          // [CLS], which stands for no answer, and the context.
          const probabilities = (which: number) =>
            softmax([logits[which]!, ...range(from, to, (t) => logits[(before + t - from) * 2 + which]!)]);
          const [starts, ends] = [probabilities(0), probabilities(1)];
          impossible = Math.min(impossible, starts[0]! * ends[0]!);
          const spans = range(from, to, (first) =>
            range(first, Math.min(first + max_answer_len, to), (last) => ({
              first,
              last,
              score: starts[first - from + 1]! * ends[last - from + 1]!,
            })),
          ).flat();
          for (const i of largest(
            spans.map(({ score }) => score),
            top_k,
          )) {
            const { first, last, score } = spans[i]!;
            const { start, end } = wholeWords(encoded, first, last);
            const key = `${start}-${end}`;
            if (score < (answers.get(key)?.score ?? 0)) continue;
            answers.set(key, { score, start, end, answer: context.slice(start, end) });
          }
        },
        result() {
          const all = [...answers.values()];
          if (handle_impossible_answer) all.push({ score: impossible, start: 0, end: 0, answer: "" });
          const best = all.sort((a, b) => b.score - a.score).slice(0, top_k);
          return top_k === 1 ? best[0]! : best;
        },
      };
    },
};

/** How many of the context's tokens the model sees at once beside the question. */
function roomForContext(
  question: Encoding,
  maxTokens: number,
  { max_seq_len = 384 }: QuestionAnsweringOptions,
) {
  const most = Math.min(max_seq_len, maxTokens);
  const room = most - question.ids.length - 1;
  if (room >= 1) return room;
  throw new InputError(
    "text-too-long",
    `the question takes ${question.ids.length} tokens of ${most}, which leaves none for the context`,
  );
}

/** The question with each window of the context. */
function* windowsOf(
  question: Encoding,
  context: Encoding,
  tokenizer: ModelTokenizer,
  room: number,
  overlap: number,
): Generator<Window> {
  const end = context.ids.length - 1;
  const step = room - Math.min(overlap, Math.floor(room / 2));
  for (let from = 1, to = 0; to < end; from += step) {
    to = Math.min(from + room, end);
    yield { ...tokenizer.join(question, context, from, to), from, to };
  }
}

/** UTF-16 offsets of the words that two tokens of a text begin and end in. */
function wholeWords({ word, start, end }: Encoding, first: number, last: number) {
  while (word[first - 1] === word[first]) first--;
  while (word[last + 1] === word[last]) last++;
  return { start: start[first]!, end: end[last]! };
}

const range = <T>(from: number, to: number, item: (i: number) => T): T[] =>
  Array.from({ length: to - from }, (_, i) => item(from + i));
