import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readDataset } from "../../src/data/index.ts";
import {
  type Entity,
  pipeline,
  type TokenClassificationOptions,
  type TokenEntity,
} from "../../src/index.node.ts";
import { parseLabel, startsEntity } from "../../src/text/labels.ts";
import { MADE_UP } from "../cli/electra-edge.ts";
import { type RandomModelOptions, randomModel, WORDPIECES } from "../model/random-model.ts";
import { random } from "../random.ts";
import { decodeByRecursion, stretchProbability } from "../reference/crf.ts";
import { crfOf, mergedScores } from "./merged-scores.ts";

const SHIPPED = fileURLToPath(new URL("../../weights/waybill-zh.safetensors", import.meta.url));
const LABELS = ["O", "B-P", "I-P", "B-T", "I-T"];
const PARSED = LABELS.map((label) => parseLabel(label, { notation: "BIO", typeFirst: false }));
const OUTSIDE = { prefix: "O", type: "" } as const;
const everything = { ignore_labels: [] } as const;
const eachToken = { aggregation_strategy: "none", ...everything } as const;

const within = (actual: number, expected: number, tolerance = 2e-5) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

const load = (options?: RandomModelOptions) => pipeline("token-classification", randomModel(options));

function madeUp(seed: number, length: number, alphabet = "abc defg张三李四省市。\u{1f600}"): string {
  const next = random(seed);
  const letters = [...alphabet];
  return Array.from({ length }, () => letters[Math.floor(next() * letters.length)]!).join("");
}

describe("a text that is longer than the model", () => {
  for (const crf of [undefined, { tokens: "characters" as const }]) {
    test(`has in each line what the line would have alone, ${crf ? "with" : "without"} a CRF`, async () => {
      const tag = await load({ crf });
      const lines = Array.from({ length: 90 }, (_, i) => madeUp(i, 1 + (i % 37)).trim() || "a");
      const text = lines.join("\n");
      const tokens = await tag(text, eachToken);
      assert.ok(tokens.length > 1024, "more than are kept together");
      const entities = await tag(text, everything);
      const expectedTokens: TokenEntity[] = [];
      const expectedEntities: Entity[] = [];
      let [at, index] = [0, 0];
      for (const line of lines) {
        const own = await tag(line, eachToken);
        for (const token of own) {
          expectedTokens.push({
            ...token,
            start: at + token.start,
            end: at + token.end,
            index: index + token.index,
          });
        }
        for (const entity of await tag(line, everything)) {
          expectedEntities.push({ ...entity, start: at + entity.start, end: at + entity.end });
        }
        at += line.length + 1;
        index += own.length + 1;
      }
      for (const [found, expected] of [
        [tokens, expectedTokens],
        [entities, expectedEntities],
      ] as const) {
        assert.equal(found.length, expected.length);
        for (const [i, { score, ...rest }] of expected.entries()) {
          const { score: ours, ...place } = found[i]!;
          assert.deepEqual(place, rest);
          within(ours, score);
        }
      }
    });
  }

  test("has the labels and scores of one CRF over the merged scores of a line's windows", async () => {
    const options = { config: { max_position_embeddings: 24 } };
    const [tag, crf] = [await load(options), await crfOf(options)];
    const text = madeUp(1, 560);
    for (const [max_length, stride] of [
      [24, 5],
      [9, 0],
      [16, 12],
    ] as const) {
      const emissions = (await mergedScores(options, text, max_length, stride)).slice(
        LABELS.length,
        -LABELS.length,
      );
      const { path, marginals } = decodeByRecursion(crf, emissions);
      const tokens = await tag(text, { max_length, stride, ...eachToken });
      assert.deepEqual(
        tokens.map(({ entity }) => entity),
        path.map((label) => LABELS[label]),
      );
      for (const [step, { index, score, word, start, end }] of tokens.entries()) {
        assert.equal(index, step + 1);
        assert.equal(word, text.slice(start, end));
        within(score, marginals[step * LABELS.length + path[step]!]!);
      }
      const entities = await tag(text, { max_length, stride });
      const starts = path.flatMap((label, step) => {
        return startsEntity(PARSED[path[step - 1] ?? 0]!, PARSED[label]!) ? [tokens[step]!.start] : [];
      });
      assert.deepEqual(
        entities.map(({ start }) => start),
        starts,
      );
      for (const { entity_group, score, start, end } of entities.slice(0, 40)) {
        const at = (index: number | undefined) => (index === undefined ? OUTSIDE : PARSED[index]!);
        const isType = (label: number) => PARSED[label]!.type === entity_group;
        const exact = stretchProbability(crf, emissions, {
          start: tokens.findIndex((token) => token.start === start),
          end: tokens.findIndex((token) => token.end === end) + 1,
          starts: (previous, label) => isType(label) && startsEntity(at(previous), at(label)),
          goesOn: (label, next) => isType(next) && !startsEntity(at(label), at(next)),
          ends: (label, next) => next === undefined || startsEntity(at(label), at(next)) || next === 0,
        });
        within(score, exact);
      }
    }
  });

  for (const tokens of ["characters", "first-piece", "all"] as const) {
    test(`covers the tokens that the CRF does, and whole words: ${tokens}`, async () => {
      const config = { max_position_embeddings: 64 };
      const tag = await load({
        config,
        tokenizer: { type: "wordpiece", vocab: WORDPIECES },
        crf: { tokens },
      });
      const text = "unaffable trees a 王五 unaffables a\ntrees 王 unaffable trees".repeat(3);
      const whole = await tag(text, eachToken);
      const windowed = await tag(text, { max_length: 12, ...eachToken });
      const place = ({ index, word, start, end }: TokenEntity) => ({ index, word, start, end });
      assert.deepEqual(windowed.map(place), whole.map(place));
      for (const aggregation_strategy of ["simple", "first", "average", "max"] as const) {
        const entities = await tag(text, { max_length: 12, aggregation_strategy, ...everything });
        const joined = entities.map(({ start, end }) => text.slice(start, end)).join("");
        assert.equal(joined.replaceAll(/\s/gu, ""), text.replaceAll(/\s/gu, ""));
        if (aggregation_strategy === "simple") continue;
        for (const { start, end } of entities) {
          assert.ok(!/^\w/.test(text.slice(end)) || tokens === "all", text.slice(start, end));
        }
      }
    });
  }

  test("is found the same things in, however the windows fall, when they fall between lines", async () => {
    const tag = await load();
    const text = Array.from({ length: 80 }, (_, i) => madeUp(i, 20, "abc张三省市")).join("\n");
    const wide = await tag(text);
    const narrow = await tag(text, { max_length: 23, stride: 0 });
    assert.deepEqual(narrow, wide);
    assert.ok(wide.length > 100);
  });

  test("is found what its rows alone are, where it is made of waybills", async () => {
    const tag = await pipeline("token-classification", SHIPPED);
    const rows = (await readDataset(MADE_UP)).examples
      .slice(0, 110)
      .map(({ text }) => text.replaceAll("\n", " "));
    const text = rows.join("\n");
    assert.ok(text.length > 4500);
    const alone = (await tag(rows)).flatMap((entities) => entities.map(({ word }) => word));
    const joined = (await tag(text)).map(({ word }) => word);
    assert.ok(joined.length > 500);
    assert.deepEqual(joined, alone);
    tag.dispose();
  });

  test("is one of several in a call, in their order", async () => {
    const tag = await load();
    const texts = ["abc", madeUp(7, 300), "张三", madeUp(8, 39), ""];
    const single: Entity[][] = [];
    for (const text of texts) single.push(await tag(text));
    assert.deepEqual(await tag(texts), single);
  });

  test("tells how far it has come, and stops when it is told to", async () => {
    const tag = await load();
    const text = madeUp(4, 4000);
    const seen: number[] = [];
    await tag(text, {
      onProgress: ({ done, total }) => {
        assert.equal(total, text.length);
        seen.push(done);
      },
    });
    assert.equal(seen.at(-1), text.length);
    assert.ok(seen.length > 100 && seen.every((done, i) => i === 0 || done >= seen[i - 1]!));

    const controller = new AbortController();
    let windows = 0;
    const stopped = tag(text, {
      signal: controller.signal,
      onProgress: () => {
        windows++;
        controller.abort(new Error("enough"));
      },
    });
    await assert.rejects(stopped, /enough/);
    assert.equal(windows, 1);
    assert.ok(await tag("abc"), "others go on");
  });

  test("needs options that make sense", async () => {
    const tag = await load();
    const bad = async (options: object, message: RegExp) => {
      const given = options as TokenClassificationOptions;
      await assert.rejects(tag("a", given), { code: "bad-option", message });
    };
    await bad({ max_length: 41 }, /max_length must be an integer from 3 to 40, not 41/);
    await bad({ max_length: 2 }, /max_length/);
    await bad({ max_length: "12" }, /max_length .* not "12"/);
    await bad({ stride: 38 }, /stride must be an integer from 0 to 37, not 38/);
    await bad({ max_length: 10, stride: 8 }, /stride must be an integer from 0 to 7, not 8/);
    await bad({ stride: -1 }, /stride/);
    await bad({ onProgress: 7 }, /onProgress must be a function, not 7/);
  });
});
