import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  type Answer,
  pipeline,
  type QuestionAnsweringOptions,
  type QuestionAnsweringPipeline,
} from "../../src/index.node.ts";
import { type Encoding, parseTokenizer } from "../../src/text/tokenizer.ts";
import { readCheckpoint } from "../reference/checkpoint.ts";
import { electra } from "../reference/electra.ts";
import { headFolder } from "../reference/expected.ts";
import { questionAnswering } from "../reference/heads.ts";
import { softmax } from "../reference/math.ts";
import { assertClose, convertHead } from "./heads.ts";

const question = "x + y ?";
const context = "3 、 あ い う え お , a = b * c 。 hello ★ q r s t";

describe("question-answering", () => {
  let answer: QuestionAnsweringPipeline;
  let reference: (context: string, options?: QuestionAnsweringOptions) => Answer[];
  before(async () => {
    answer = await pipeline("question-answering", await convertHead("question-answering"));
    const checkpoint = readCheckpoint(new URL("model.safetensors", headFolder("question-answering")));
    const { config, tokenizer } = answer.model.metadata;
    const { encode } = parseTokenizer(tokenizer, "");

    /** Every span of every window by itself, with transformers' rules. */
    reference = (
      text,
      { top_k = 1, max_answer_len = 15, max_seq_len = 160, doc_stride = 128, ...rest } = {},
    ) => {
      const [asked, all]: Encoding[] = [encode(question), encode(text)];
      const tokens = [...all!.ids.keys()].slice(1, -1);
      const room = max_seq_len - asked!.ids.length - 1;
      const step = room - Math.min(doc_stride, Math.floor(room / 2));
      const answers = new Map<string, Answer>();
      let impossible = 1;
      for (let at = 0; at === 0 || at - step + room < tokens.length; at += step) {
        const window = tokens.slice(at, at + room);
        const ids = [...asked!.ids, ...window.map((t) => all!.ids[t]!), asked!.ids.at(-1)!];
        const types = ids.map((_, i) => (i < asked!.ids.length ? 0 : 1));
        const logits = questionAnswering(checkpoint, electra(checkpoint, config, ids, types));
        const seen = [0, ...window.map((_, i) => asked!.ids.length + i)];
        const [starts, ends] = [0, 1].map((side) =>
          softmax(
            Float64Array.from(seen, (i) => logits[i * 2 + side]!),
            seen.length,
          ),
        );
        impossible = Math.min(impossible, starts![0]! * ends![0]!);
        for (let i = 0; i < window.length; i++) {
          for (let j = i; j < Math.min(i + max_answer_len, window.length); j++) {
            const word = (t: number) => tokens.filter((other) => all!.word[other] === all!.word[t]);
            const start = all!.start[word(window[i]!)[0]!]!;
            const end = all!.end[word(window[j]!).at(-1)!]!;
            const score = starts![i + 1]! * ends![j + 1]!;
            const key = `${start} ${end}`;
            if (score > (answers.get(key)?.score ?? 0)) {
              answers.set(key, { score, start, end, answer: text.slice(start, end) });
            }
          }
        }
      }
      const found = [...answers.values()];
      if (rest.handle_impossible_answer) found.push({ score: impossible, start: 0, end: 0, answer: "" });
      return found.sort((a, b) => b.score - a.score).slice(0, top_k);
    };
  });

  test("finds the best stretch of the context, with its place in it", async () => {
    const best = await answer({ question, context });
    assertClose(best, reference(context)[0]);
    assert.equal(best.answer, context.slice(best.start, best.end));
    assertClose(await answer(question, context), best);
  });

  test("ranks answers, as many as are asked for, none twice", async () => {
    for (const options of [
      { top_k: 7 },
      { top_k: 500, max_answer_len: 3 },
      { top_k: 40, handle_impossible_answer: true },
      { top_k: 5, max_answer_len: 1 },
    ]) {
      const ranked = await answer({ question, context }, options);
      assertClose(ranked, reference(context, options));
      assert.equal(new Set(ranked.map(({ start, end }) => `${start} ${end}`)).size, ranked.length);
    }
  });

  test("looks at a long context through windows that overlap", async () => {
    const long = Array(12).fill(context).join(" z ");
    for (const options of [
      { top_k: 12 },
      { top_k: 12, max_seq_len: 40, doc_stride: 16 },
      { top_k: 12, max_seq_len: 20, doc_stride: 128, handle_impossible_answer: true },
      { top_k: 3, max_seq_len: 9, doc_stride: 1 },
    ]) {
      assertClose(await answer({ question, context: long }, options), reference(long, options));
    }
  });

  test("answers an array as it would each, on threads too", async () => {
    const inputs = [
      { question, context },
      { question: "", context: "a" },
      { question, context: `${context} `.repeat(9) },
    ];
    const single = [];
    for (const input of inputs) single.push(await answer(input));
    assert.deepEqual(await answer(inputs), single);
    const threaded = await pipeline("question-answering", await convertHead("question-answering"), {
      threads: 2,
    });
    assert.deepEqual(await threaded(inputs), single);
    threaded.dispose();
  });

  test("refuses what it can't answer", async () => {
    await assert.rejects(answer({ question, context: " " }), { code: "bad-option", message: /context/ });
    await assert.rejects(answer({ question: "x ".repeat(200), context }), {
      code: "text-too-long",
      message: /question takes 202 tokens of 160/,
    });
    for (const input of [undefined, "text", { question }, { context }, { question: 7, context }]) {
      await assert.rejects(answer(input as never), { code: "not-a-string" });
    }
    for (const options of [
      { top_k: 0 },
      { max_answer_len: -1 },
      { doc_stride: 0.5 },
      { handle_impossible_answer: 1 },
    ]) {
      await assert.rejects(answer({ question, context }, options as object), { code: "bad-option" });
    }
  });
});
