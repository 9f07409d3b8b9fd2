import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DisposedError,
  InputError,
  type PipelineOptions,
  pipeline,
  type TokenClassificationOptions,
} from "../../src/index.node.ts";
import { type RandomModelOptions, randomModel, WORDPIECES } from "../model/random-model.ts";

const load = (options?: RandomModelOptions, defaults?: PipelineOptions) =>
  pipeline("token-classification", randomModel(options), defaults);

const wordPiece = { tokenizer: { type: "wordpiece", vocab: WORDPIECES } } as const;

describe("token-classification", () => {
  test("gives entities that are exact substrings, in order, with scores that are probabilities", async () => {
    const tag = await load();
    const text = "abc 张三\u{1f600}省b ";
    const entities = await tag(text, { ignore_labels: [] });
    assert.ok(entities.length > 1);
    let end = 0;
    for (const entity of entities) {
      assert.equal(entity.word, text.slice(entity.start, entity.end));
      assert.equal(entity.start, end);
      assert.ok(entity.score > 0 && entity.score <= 1 + 1e-9);
      end = entity.end;
    }
    assert.equal(end, text.length);
  });

  test("leaves O out unless asked not to, and whatever it is told to ignore", async () => {
    const tag = await load();
    const everything = await tag("abcdefgh", { ignore_labels: [] });
    const types = new Set(everything.map((entity) => entity.entity_group));
    const usual = await tag("abcdefgh");
    assert.ok(!usual.some((entity) => entity.entity_group === "O"));
    for (const type of types) {
      const without = await tag("abcdefgh", { ignore_labels: ["O", type] });
      assert.ok(!without.some((entity) => entity.entity_group === type));
    }
  });

  test("gives each token with `none`, as Hugging Face does", async () => {
    const tag = await load({}, { aggregation_strategy: "none" });
    const tokens = await tag("ab c", { aggregation_strategy: "none", ignore_labels: [] });
    assert.deepEqual(
      tokens.map(({ index, word, start, end }) => ({ index, word, start, end })),
      [..."ab c"].map((word, i) => ({ index: i + 1, word, start: i, end: i + 1 })),
    );
    for (const { entity, score } of tokens) {
      assert.match(entity, /^(O|[BI]-[PT])$/);
      assert.ok(score > 0 && score <= 1);
    }
  });

  test("scores an entity without a CRF by the mean of its tokens", async () => {
    const tag = await load({ crf: undefined });
    const text = "abcdefghijkl";
    const tokens = await tag(text, { aggregation_strategy: "none", ignore_labels: [] });
    for (const entity of await tag(text)) {
      const inside = tokens.filter(({ start, end }) => start >= entity.start && end <= entity.end);
      const mean = inside.reduce((sum, token) => sum + token.score, 0) / inside.length;
      assert.ok(Math.abs(entity.score - mean) < 1e-9);
    }
  });

  test("joins the pieces of a word by first, average and max", async () => {
    const tag = await load({ ...wordPiece, crf: undefined });
    const text = "unaffable trees 王五";
    const pieces = await tag(text, { aggregation_strategy: "none", ignore_labels: [] });
    assert.deepEqual(
      pieces.map((piece) => piece.word),
      ["un", "aff", "able", "tree", "s", "王", "五"],
    );
    const words = [[0, 1, 2], [3, 4], [5], [6]];
    const typeOf = (label: string) => label.replace(/^[BI]-/, "");
    const covering = (entities: { start: number; end: number; entity_group: string }[], at: number) =>
      entities.find((entity) => entity.start <= at && at < entity.end)!;
    for (const aggregation_strategy of ["first", "max"] as const) {
      const entities = await tag(text, { aggregation_strategy, ignore_labels: [] });
      for (const word of words) {
        const inside = word.map((i) => pieces[i]!);
        const surest = inside.reduce((a, b) => (b.score > a.score ? b : a));
        const chosen = aggregation_strategy === "first" ? inside[0]! : surest;
        for (const piece of inside) {
          assert.equal(covering(entities, piece.start).entity_group, typeOf(chosen.entity));
        }
      }
    }
    const averaged = await tag(text, { aggregation_strategy: "average", ignore_labels: [] });
    for (const word of words) {
      const groups = word.map((i) => covering(averaged, pieces[i]!.start));
      assert.equal(new Set(groups).size, 1);
    }
  });

  test("runs the CRF over the tokens that the model says", async () => {
    const text = "unaffable trees";
    const count = async (tokens: "characters" | "first-piece" | "all") => {
      const tag = await load({ ...wordPiece, crf: { tokens } });
      return tag(text, { aggregation_strategy: "none", ignore_labels: [] });
    };
    assert.deepEqual(
      (await count("characters")).map((token) => token.word),
      ["un", "aff", "able", "tree", "s"],
    );
    assert.deepEqual(
      (await count("first-piece")).map((token) => token.word),
      ["un", "tree"],
    );
    assert.deepEqual(
      (await count("all")).map((token) => token.index),
      [0, 1, 2, 3, 4, 5, 6],
    );
  });

  test("ends an entity with its last word, of which the CRF has seen the first piece alone", async () => {
    const text = "unaffable trees";
    const tag = await load({ ...wordPiece, crf: { tokens: "first-piece" } });
    const words = await tag(text, { aggregation_strategy: "simple", ignore_labels: [] });
    assert.equal(words.map(({ word }) => word).join(" "), text);
    assert.equal(words.at(-1)!.end, text.length);
    const pieces = await tag(text, { aggregation_strategy: "none", ignore_labels: [] });
    assert.equal(pieces[0]!.end, 2);
  });

  test("finds nothing in nothing", async () => {
    const tag = await load({ ...wordPiece });
    for (const text of ["", " ", "\n\t ", "\u0000\u200d"]) assert.deepEqual(await tag(text), []);
    assert.deepEqual(await tag([]), []);
    assert.deepEqual(await (await load())(""), []);
  });

  test("answers an array as it would each text, and calls at once in turn", async () => {
    const tag = await load();
    const texts = ["abc", "张三李四", "", "省市 abc z", "q"];
    const single = [];
    for (const text of texts) single.push(await tag(text));
    assert.deepEqual(await tag(texts), single);
    assert.deepEqual(await Promise.all(texts.map((text) => tag(text))), single);
  });

  test("goes on after a text that it had to refuse", async () => {
    const tag = await load();
    const results = await Promise.allSettled([tag("ab"), tag("\ud83d"), tag("ab")]);
    assert.deepEqual(
      results.map((result) => result.status),
      ["fulfilled", "rejected", "fulfilled"],
    );
  });

  test("refuses what is no text, saying what it is and where it breaks", async () => {
    const tag = await load();
    for (const text of [undefined, null, 7, {}, ["a", 7], [["a"]]]) {
      await assert.rejects(tag(text as unknown as string), { name: "InputError", code: "not-a-string" });
    }
    await assert.rejects(tag("ab\ud83d"), { code: "lone-surrogate", message: /index 2/ });
  });

  test("refuses options that it does not know", async () => {
    const tag = await load();
    const bad = { aggregation_strategy: "mean" } as unknown as TokenClassificationOptions;
    await assert.rejects(tag("a", bad), { code: "bad-option", message: /"mean"/ });
    await assert.rejects(load({}, bad as unknown as PipelineOptions), { code: "bad-option" });
    const notList = { ignore_labels: "O" } as unknown as TokenClassificationOptions;
    await assert.rejects(tag("a", notList), { code: "bad-option", message: /ignore_labels/ });
    const task = "fill-mask" as "token-classification";
    await assert.rejects(pipeline(task, randomModel()), (error) => error instanceof InputError);
  });

  test("is gone after dispose, which may be called twice", async () => {
    const tag = await load();
    const waiting = tag("abc");
    tag.dispose();
    tag.dispose();
    await assert.rejects(waiting, DisposedError);
    await assert.rejects(tag("abc"), { name: "DisposedError", code: "disposed" });
    assert.equal(tag.memoryBytes, 0);
  });

  test("refuses a vocabulary that is larger than the embeddings", async () => {
    const vocab = [...WORDPIECES, "more"];
    const model = randomModel({
      ...wordPiece,
      config: { vocab_size: 12 },
      tokenizer: { type: "wordpiece", vocab },
    });
    await assert.rejects(pipeline("token-classification", model), {
      code: "tokenizer-malformed",
      message: /13 tokens.*12/,
    });
  });
});
