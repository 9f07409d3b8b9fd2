import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { pipeline, type ReplacedTokenDetectionPipeline } from "../../src/index.node.ts";
import { assertClose, convertHead, golden } from "./heads.ts";

const { text } = golden.texts;
const expected = (golden["replaced-token-detection"] as number[][]).map(([index, start, end, score]) => {
  return { score, index, word: text.slice(start, end), start, end };
});

describe("replaced-token-detection, as ElectraForPreTraining", () => {
  let detect: ReplacedTokenDetectionPipeline;
  before(async () => {
    detect = await pipeline("replaced-token-detection", await convertHead("pretraining"));
  });

  test("gives every token of the text its probability, with its place", async () => {
    assertClose(await detect(text), expected);
    assert.deepEqual(await detect(""), []);
  });

  test("leaves out what scores below the threshold", async () => {
    const scores = expected.map(({ score }) => score!).sort((a, b) => a - b);
    const threshold = (scores[3]! + scores[4]!) / 2;
    const above = await detect(text, { threshold });
    assertClose(
      above,
      expected.filter(({ score }) => score! >= threshold),
    );
    assert.equal(above.length, expected.length - 4);
  });

  test("answers an array as it would each text, on threads too", async () => {
    const texts = [text, "", "a b c", text.repeat(5), text];
    const single = [];
    for (const each of texts) single.push(await detect(each));
    assert.deepEqual(await detect(texts), single);
    const threaded = await pipeline("replaced-token-detection", await convertHead("pretraining"), {
      threads: 2,
    });
    assert.deepEqual(await threaded(texts), single);
    threaded.dispose();
  });

  test("refuses thresholds that are no probabilities", async () => {
    for (const threshold of [-0.1, 1.1, Number.NaN, "0.5" as unknown as number]) {
      await assert.rejects(detect(text, { threshold }), { code: "bad-option", message: /threshold/ });
    }
  });
});
