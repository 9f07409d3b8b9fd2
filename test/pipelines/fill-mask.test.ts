import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { type FilledMask, type FillMaskPipeline, pipeline } from "../../src/index.node.ts";
import { randomModel } from "../model/random-model.ts";
import { readCheckpoint } from "../reference/checkpoint.ts";
import { electra } from "../reference/electra.ts";
import { headFolder } from "../reference/expected.ts";
import { maskedLanguageModel } from "../reference/heads.ts";
import { assertClose, convertHead, golden } from "./heads.ts";

const { masked, masked_twice: twice } = golden.texts;
const expected = golden["fill-mask"];
const withoutSequence = ({ score, token, token_str }: FilledMask) => ({ score, token, token_str });

describe("fill-mask, as transformers' pipeline", () => {
  let fill: FillMaskPipeline;
  before(async () => {
    fill = await pipeline("fill-mask", await convertHead("masked-lm"));
  });

  test("gives the five likeliest tokens, each in the text as it was given", async () => {
    const filled = await fill(masked);
    assertClose(filled.map(withoutSequence), expected.one);
    for (const { token_str, sequence } of filled) assert.equal(sequence, masked.replace("[MASK]", token_str));
  });

  test("gives a list for each of several masks", async () => {
    const filled = await fill<FilledMask[][]>(twice, { top_k: 3 });
    assertClose(
      filled.map((each) => each.map(withoutSequence)),
      expected.two,
    );
    assert.equal(filled[1]![0]!.sequence, `[MASK] い う ${filled[1]![0]!.token_str}、★`);
  });

  test("chooses among targets, where they are given", async () => {
    const targets = ["う", "3", "ω"];
    assertClose((await fill(masked, { targets })).map(withoutSequence), expected.targets);
    assertClose((await fill(masked, { targets: "3", top_k: 9 })).map(withoutSequence), [
      expected.targets.find(({ token_str }: FilledMask) => token_str === "3"),
    ]);
    await assert.rejects(fill(masked, { targets: ["う", "北"] }), {
      code: "bad-option",
      message: 'targets must be in the vocabulary, not "北"',
    });
  });

  test("gives an array's texts as it would each, on threads too", async () => {
    const texts = [masked, twice, masked.repeat(4), masked];
    const single = [];
    for (const each of texts) single.push(await fill(each));
    assert.deepEqual(await fill(texts), single);
    const threaded = await pipeline("fill-mask", await convertHead("masked-lm"), { threads: 3 });
    assert.deepEqual(await threaded(texts), single);
    threaded.dispose();
  });

  test("runs integers, with the word embeddings in two places", async () => {
    const path = await convertHead("masked-lm", {}, { dtype: "int8" });
    const quantized = await pipeline("fill-mask", path);
    const all = { top_k: 600 };
    const exact = new Map((await fill(masked, all)).map(({ token, score }) => [token, score]));
    const scores = await quantized(masked, all);
    assert.equal(scores.length, 600);
    const distance = Math.hypot(...scores.map(({ token, score }) => score - exact.get(token)!));
    assert.ok(distance < 0.1 * Math.hypot(...exact.values()), String(distance));
  });

  test("takes a mask for one token where each character is one", async () => {
    const vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ..."abcdef"];
    const bytes = randomModel({ task: "fill-mask", tokenizer: { vocab, mask_token: "[MASK]" } });
    const characters = await pipeline("fill-mask", bytes, { top_k: 11 });
    const filled = await characters("A[MASK]f");
    assert.equal(filled.length, 11);
    assert.equal(filled[0]!.sequence, `A${filled[0]!.token_str}f`);
    await assert.rejects(characters("A[mask]f"), { code: "no-mask" });
  });

  test("refuses a text without a mask, and a model that has none", async () => {
    await assert.rejects(fill("あ い"), { name: "InputError", code: "no-mask", message: /no \[MASK\]/ });
    await assert.rejects(pipeline("fill-mask", randomModel({ task: "fill-mask" })), {
      code: "tokenizer-malformed",
      message: /mask_token/,
    });
    for (const options of [{ top_k: 0 }, { top_k: 2.5 }, { targets: 7 }, { targets: ["a", 7] }]) {
      await assert.rejects(fill(masked, options as object), { code: "bad-option" });
    }
  });
});

test("the reference agrees on a text's mask", async () => {
  const fill = await pipeline("fill-mask", await convertHead("masked-lm"), { top_k: 600 });
  const checkpoint = readCheckpoint(new URL("model.safetensors", headFolder("masked-lm")));
  const { config } = fill.model.metadata;
  const { vocab } = fill.model.metadata.tokenizer as { vocab: string[] };
  const ids = ["[CLS]", "あ", "[MASK]", "★", "[SEP]"].map((token) => vocab.indexOf(token));
  const hidden = electra(
    checkpoint,
    config,
    ids,
    ids.map(() => 0),
  );
  const logits = maskedLanguageModel(checkpoint, config, hidden).subarray(2 * 600, 3 * 600);
  const sum = logits.reduce((all, logit) => all + Math.exp(logit), 0);
  for (const { token, score } of await fill("あ [MASK]★")) {
    assertClose(score, Math.exp(logits[token]!) / sum);
  }
});
