import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { type MultipleChoiceInput, type MultipleChoicePipeline, pipeline } from "../../src/index.node.ts";
import { joinEncodings } from "../../src/text/pair.ts";
import { parseTokenizer } from "../../src/text/tokenizer.ts";
import { readCheckpoint } from "../reference/checkpoint.ts";
import { electra } from "../reference/electra.ts";
import { headFolder } from "../reference/expected.ts";
import * as reference from "../reference/heads.ts";
import { assertClose, convertHead } from "./heads.ts";

const context = "x + y = 3 、 あ い";
const choices = ["3 x", "う え", "★", "a = b 、 c"];

describe("multiple-choice", () => {
  let choose: MultipleChoicePipeline;
  before(async () => {
    choose = await pipeline("multiple-choice", await convertHead("multiple-choice"));
  });

  test("ranks the choices as the reference does, the context before each", async () => {
    const checkpoint = readCheckpoint(new URL("model.safetensors", headFolder("multiple-choice")));
    const { config, tokenizer } = choose.model.metadata;
    const { encode } = parseTokenizer(tokenizer, "");
    const logits = choices.map((choice) => {
      const { ids, tokenTypeIds } = joinEncodings(encode(context), encode(choice));
      return reference.multipleChoice(checkpoint, config, electra(checkpoint, config, ids, tokenTypeIds))[0];
    });
    const sum = logits.reduce((all, logit) => all + Math.exp(logit), 0);
    const expected = logits
      .map((logit, index) => ({ choice: choices[index]!, index, score: Math.exp(logit) / sum }))
      .sort((a, b) => b.score - a.score);
    assertClose(await choose({ context, choices }), expected);
  });

  test("answers an array as it would each input, in batches of any size", async () => {
    const inputs = [
      { context, choices },
      { context: "", choices: ["a"] },
      { context, choices: Array(60).fill("b c") },
    ];
    const single = [];
    for (const input of inputs) single.push(await choose(input));
    assertClose(await choose(inputs), single);
    assert.deepEqual(single[1], [{ choice: "a", index: 0, score: 1 }]);
  });

  test("refuses inputs that are none", async () => {
    for (const input of [undefined, "text", {}, { context, choices: [] }, { context, choices: "ab" }]) {
      await assert.rejects(choose(input as unknown as MultipleChoiceInput), { code: "bad-option" });
    }
    for (const input of [{ choices }, { context, choices: ["a", 7] }]) {
      await assert.rejects(choose(input as unknown as MultipleChoiceInput), { code: "not-a-string" });
    }
  });
});
