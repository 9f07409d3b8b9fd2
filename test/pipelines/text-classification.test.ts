import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  pipeline,
  type TextClassificationOptions,
  type TextClassificationPipeline,
} from "../../src/index.node.ts";
import { assertClose, convertHead, golden } from "./heads.ts";

const { text, pair } = golden.texts;
const expected = golden["text-classification"];

describe("text-classification, as transformers' pipeline", () => {
  let classify: TextClassificationPipeline;
  before(async () => {
    classify = await pipeline("text-classification", await convertHead("sequence-classification"));
  });

  test("gives a text's labels, the best first", async () => {
    assertClose(await classify(text, { top_k: null }), expected.text);
    assertClose(await classify(text), expected.text.slice(0, 1));
    assertClose(await classify(text, { top_k: 2 }), expected.text.slice(0, 2));
    assertClose(await classify(text, { top_k: 100 }), expected.text);
  });

  test("takes a pair of texts as one", async () => {
    assertClose(await classify({ text, text_pair: pair }, { top_k: null }), expected.pair);
    assertClose(await classify({ text }, { top_k: null }), expected.text);
  });

  test("gives an array's texts one label each, or lists of them", async () => {
    assertClose(await classify([text, pair]), expected.best);
    const all = await classify([text, { text, text_pair: pair }], { top_k: null });
    assertClose(all, [expected.text, expected.pair]);
    assert.deepEqual(await classify([]), []);
  });

  test("applies the function that is asked for, or what the model's labels mean", async () => {
    assertClose(await classify(text, { top_k: 2, function_to_apply: "sigmoid" }), expected.sigmoid);
    assertClose(await classify(text, { top_k: null, function_to_apply: "none" }), expected.none);
    for (const problem_type of ["multi_label_classification", "regression"]) {
      const model = await convertHead("sequence-classification", { problem_type });
      const other = await pipeline("text-classification", model, { top_k: null });
      assert.equal(other.model.metadata.config.problem_type, problem_type);
      const [what] = problem_type.split("_classification");
      assertClose(await other(text), expected[what!]);
    }
  });

  test("packs more texts than fit at once", async () => {
    const texts = Array.from({ length: 40 }, (_, i) => text.repeat((i % 5) + 1));
    const single = [];
    for (const each of texts) single.push(...(await classify(each)));
    assertClose(await classify(texts), single);
  });

  test("gives the same on threads", async () => {
    const model = await convertHead("sequence-classification");
    const threaded = await pipeline("text-classification", model, { threads: 3 });
    const texts = [text, pair, "", { text, text_pair: pair }];
    assert.deepEqual(await threaded(texts, { top_k: null }), await classify(texts, { top_k: null }));
    threaded.dispose();
  });

  test("refuses what it can't use", async () => {
    for (const options of [{ top_k: 0 }, { top_k: 1.5 }, { top_k: "2" }, { function_to_apply: "relu" }]) {
      const bad = options as unknown as TextClassificationOptions;
      await assert.rejects(classify(text, bad), { name: "InputError", code: "bad-option" });
    }
    for (const input of [undefined, 7, {}, { text: 7 }, { text, text_pair: 7 }, [[text]]]) {
      await assert.rejects(classify(input as unknown as string), { code: "not-a-string" });
    }
    const long = "x ".repeat(100);
    await assert.rejects(classify({ text: long, text_pair: long }), {
      code: "text-too-long",
      message: /200 and 200 characters and takes 203 tokens.*at most 160/,
    });
    const other = pipeline("fill-mask", await convertHead("sequence-classification"));
    await assert.rejects(other, {
      code: "bad-option",
      message: /a model for text-classification, not for fill-mask/,
    });
  });
});
