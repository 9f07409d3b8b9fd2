import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type InputError,
  type LabelConstraints,
  pipeline,
  type TokenClassificationOptions,
} from "../../src/index.node.ts";
import { type Label, labelsToSpans, parseLabel, schemeAllows } from "../../src/text/labels.ts";
import { type RandomModelOptions, randomModel } from "../model/random-model.ts";

const load = (options?: RandomModelOptions) => pipeline("token-classification", randomModel(options));

const BIO = { notation: "BIO", typeFirst: false } as const;
const OUTSIDE: Label = { prefix: "O", type: "" };
const ALL = 10_000; // more than a text of five labels and five characters can be read in ways

/** Every way to label a text, with its probability where nothing is constrained. */
async function everyReading(text: string, options?: RandomModelOptions) {
  const tag = await load(options);
  return (await tag(text, { return_posterior: true })).readings(ALL);
}

const parsed = (labels: readonly string[]) => labels.map((label) => parseLabel(label, BIO));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const near = (actual: number, expected: number, what = "") =>
  assert.ok(Math.abs(actual - expected) < 1e-6, `${what} ${actual}, not ${expected}`);

describe("n_best", () => {
  test("gives the likeliest readings in order, with the entities that their labels mean", async () => {
    const tag = await load();
    const everything = await everyReading("ab张三");
    assert.equal(everything.length, 5 ** 4);
    near(sum(everything.map(({ score }) => score)), 1);
    const readings = await tag("ab张三", { n_best: 100 });
    assert.deepEqual(readings, everything.slice(0, 100));
    assert.equal(new Set(readings.map(({ labels }) => labels.join())).size, 100);
    for (const { labels, entities, score, log_likelihood } of readings) {
      near(Math.exp(log_likelihood), score);
      assert.deepEqual(
        entities.map(({ start, end }) => [start, end]),
        labelsToSpans(parsed(labels)).map(({ start, end }) => [start, end]),
      );
    }
    assert.deepEqual(readings[0].entities, await tag("ab张三"));
    const [first] = await tag("ab张三", { n_best: 1, aggregation_strategy: "none", ignore_labels: [] });
    assert.deepEqual(
      first.entities.map((entity) => "entity" in entity && entity.entity),
      first.labels,
    );
  });

  test("gives a text without tokens the one reading it has", async () => {
    const tag = await load();
    const nothing = [{ score: 1, log_likelihood: 0, labels: [], entities: [] }];
    assert.deepEqual(await tag(["", "a"], { n_best: 1 }).then(([empty]) => empty), nothing);
    const posterior = await tag("", { return_posterior: true });
    assert.deepEqual(posterior.readings(3), nothing);
    assert.equal(posterior.logLikelihood([]), 0);
    assert.deepEqual(posterior.expectedCounts(), { P: 0, T: 0 });
    assert.equal(posterior.probability({ entity_group: "P", start: 0, end: 1 }), 0);
  });
});

describe("return_posterior", () => {
  test("answers as the sum over every reading does, also after other texts have been tagged", async () => {
    const tag = await load();
    const text = "张三abc";
    const readings = await everyReading(text);
    const posterior = await tag(text, { return_posterior: true });
    await tag(["cbacba", text, "三张"], { constraints: { scheme: true } });
    assert.deepEqual(posterior.readings(7), readings.slice(0, 7));

    const counts = { P: 0, T: 0 };
    const wanted = { P: 0, T: 0 };
    for (const { labels, score } of readings) {
      for (const { type, start, end } of labelsToSpans(parsed(labels))) {
        counts[type as "P"] += score;
        if (start === 1 && end === 3) wanted[type as "P"] += score;
      }
    }
    for (const [type, count] of Object.entries(posterior.expectedCounts()))
      near(count, counts[type as "P"], type);
    for (const type of ["P", "T"] as const) {
      near(posterior.probability({ entity_group: type, start: 1, end: 3 }), wanted[type], type);
    }
    assert.equal(posterior.probability({ entity_group: "P", start: 1, end: 9 }), 0);
    for (const { labels, log_likelihood } of readings.slice(0, 50)) {
      assert.equal(posterior.logLikelihood(labels), log_likelihood);
    }
    posterior.marginals.forEach((marginal, i) => {
      const label = tag.model.metadata.labels[i % 5];
      const share = readings.filter(({ labels }) => labels[Math.floor(i / 5)] === label);
      near(marginal, sum(share.map(({ score }) => score)));
    });
    assert.deepEqual(posterior.tokens[1], { word: "三", start: 1, end: 2 });
    assert.throws(() => posterior.logLikelihood(["O"]), /each of 5 tokens, not \["O"\]/);
    assert.throws(() => posterior.logLikelihood(["O", "O", "O", "B-Q", "O"]), /"B-Q"/);
  });
});

describe("constraints", () => {
  /** Readings under constraints are those of all readings that fit, and their probabilities shares of theirs. */
  async function leave(
    text: string,
    constraints: LabelConstraints,
    fits: (labels: readonly string[]) => boolean,
    options?: RandomModelOptions,
  ) {
    const tag = await load(options);
    const expected = (await everyReading(text, options)).filter(({ labels }) => fits(labels));
    const total = sum(expected.map(({ score }) => score));
    const posterior = await tag(text, { constraints, return_posterior: true });
    const readings = posterior.readings(ALL);
    assert.deepEqual(
      readings.map(({ labels }) => labels.join(" ")),
      expected.map(({ labels }) => labels.join(" ")),
    );
    readings.forEach(({ score }, i) => {
      near(score, expected[i].score / total);
    });
    assert.deepEqual(await tag(text, { constraints }), readings[0].entities);
    return readings;
  }

  const legal = (labels: readonly string[], all: readonly string[]) => {
    const allows = schemeAllows(parsed(all));
    const path = [OUTSIDE, ...parsed(labels), OUTSIDE];
    return path.slice(1).every((label, i) => allows(path[i], label));
  };
  const NAMES = ["O", "B-P", "I-P", "B-T", "I-T"];

  test("keep to the scheme", async () => {
    const readings = await leave("ab张三", { scheme: true }, (labels) => legal(labels, NAMES));
    assert.ok(readings.length < 625);
    assert.ok(readings.every(({ labels }) => !labels[0].startsWith("I-")));
  });

  test("forbid and allow steps, beginnings and ends", async () => {
    await leave(
      "abc",
      {
        forbid: [
          ["O", "B-P"],
          [null, "B-T"],
          ["I-P", null],
        ],
      },
      ([a, b, c]) => a !== "B-T" && c !== "I-P" && !(a === "O" && b === "B-P") && !(b === "O" && c === "B-P"),
    );
    const inside = (from: string, to: string) => ["O O", "O B-P", "B-P O"].includes(`${from} ${to}`);
    const allow = [
      ["O", "O"],
      ["O", "B-P"],
      ["B-P", "O"],
    ] as const;
    await leave("abc", { allow }, ([a, b, c]) => inside(a, b) && inside(b, c));
    await leave("abc", { allow: [...allow, [null, "O"]] }, ([a, b, c]) => {
      return a === "O" && inside(a, b) && inside(b, c);
    });
  });

  test("fix an entity to its place: there it is in every reading, with probability one", async () => {
    const text = "ab张三";
    for (const [start, end] of [
      [0, 4],
      [1, 3],
      [2, 3],
    ]) {
      const entity = { entity_group: "T", start, end };
      const asked = (labels: readonly string[]) =>
        labels.slice(start, end).join() === ["B-T", ...Array(end - start - 1).fill("I-T")].join() &&
        labels[end] !== "I-T";
      const readings = await leave(text, { fixed: [entity] }, asked);
      for (const { labels } of readings) {
        assert.ok(labelsToSpans(parsed(labels)).some((span) => span.start === start && span.end === end));
      }
      const tag = await load();
      const found = await tag(text, { constraints: { fixed: [entity] } });
      const itself = found.find((one) => one.start === start && one.end === end);
      assert.equal(itself?.entity_group, "T");
      near(itself?.score ?? 0, 1);
    }
    await leave(
      text,
      { fixed: [{ start: 1, end: 3, entity_group: "O" }] },
      ([, b, c]) => b === "O" && c === "O",
    );
    const labels = ["O", "I-P"];
    await leave(
      text,
      { fixed: [{ start: 0, end: 2, labels }] },
      ([a, b]) => labels.includes(a) && labels.includes(b),
    );
  });

  test("fix entities in BIOES, in BMES with the type first, and where labels have no prefix", async () => {
    const bioes = {
      labels: ["O", "B-P", "I-P", "E-P", "S-P"],
      metadata: { scheme: JSON.stringify({ notation: "BIOES", typeFirst: false }) },
    };
    const fixed = (start: number, end: number) => ({ fixed: [{ start, end, entity_group: "P" }] });
    await leave("abcd", fixed(1, 4), (labels) => labels.slice(1).join() === "B-P,I-P,E-P", bioes);
    await leave("abcd", fixed(1, 2), (labels) => labels[1] === "S-P", bioes);
    const bmes = {
      labels: ["O", "P-B", "P-M", "P-E", "P-S"],
      metadata: { scheme: JSON.stringify({ notation: "BMES", typeFirst: true }) },
    };
    await leave("abcd", fixed(0, 3), (labels) => labels.slice(0, 3).join() === "P-B,P-M,P-E", bmes);
    const plain = { labels: ["O", "P", "Q"] };
    await leave("abcd", fixed(1, 3), (labels) => labels.join().match(/^[OQ],P,P,[OQ]$/) !== null, plain);
  });

  test("leave masked parts out, so that what is around them are neighbours", async () => {
    const tag = await load();
    const [reading] = await tag("a--b", { n_best: 1, constraints: { mask: [{ start: 1, end: 3 }] } });
    assert.equal(reading.labels.length, 2);
    const posterior = await tag("a--b", {
      return_posterior: true,
      constraints: { mask: [{ start: 1, end: 3 }], forbid: [["O", "O"]] },
    });
    assert.deepEqual(
      posterior.tokens.map(({ start }) => start),
      [0, 3],
    );
    assert.equal(posterior.logLikelihood(["O", "O"]), Number.NEGATIVE_INFINITY);
    assert.deepEqual(await tag("ab", { constraints: { mask: [{ start: 0, end: 2 }] } }), []);
  });

  test("that contradict each other are refused with the place where nothing is left", async () => {
    const tag = await load();
    const refused = async (text: string, constraints: LabelConstraints, ...parts: string[]) =>
      assert.rejects(tag(text, { constraints }), (error: InputError) => {
        assert.equal(error.code, "no-path");
        for (const part of parts) assert.ok(error.message.includes(part), error.message);
        return true;
      });
    const fixed = [
      { start: 1, end: 3, entity_group: "P" },
      { start: 2, end: 4, entity_group: "T" },
    ];
    await refused("ab张三", { fixed }, '"张"', "characters 2 to 3");
    await refused("ab张三", { allow: [["O", "B-P"]] }, '"张"', "characters 2 to 3");
    await refused("ab", { forbid: NAMES.map((name) => [name, null]) }, '"b"');
    assert.ok(Array.isArray(await tag("ab张三")), "the next call is as ever");
  });

  test("hold through the windows of a text that is longer than one", async () => {
    const tag = await load();
    const text = "abc张三dcbaefghi省市李四jklmnopqrstuvwxyz abc张三dcba efghi省市李四jklm";
    const options = { aggregation_strategy: "none", ignore_labels: [], max_length: 12 } as const;
    const labelsOf = async (constraints?: LabelConstraints) =>
      (await tag(text, { ...options, ...(constraints && { constraints }) })).map(({ entity }) => entity);
    assert.equal(legal(await labelsOf(), NAMES), false, "or the scheme would be no constraint here");
    const kept = await labelsOf({ scheme: true, forbid: [["O", "O"]] });
    assert.ok(kept.length >= text.length - 2 && legal(kept, NAMES));
    assert.ok(kept.every((label, i) => label !== "O" || kept[i + 1] !== "O"));
    await assert.rejects(labelsOf({ forbid: NAMES.map((name) => [name, null]) }), /no labels keep/);
    await assert.rejects(labelsOf({ allow: [] }), /no labels keep/);
  });

  test("hold for each text of an array, and not after the call", async () => {
    const tag = await load();
    const before = await tag(["abcd", "dcba"], { ignore_labels: [] });
    const constraints = { fixed: [{ start: 0, end: 2, entity_group: "T" }] };
    for (const found of await tag(["abcd", "dcba"], { constraints })) {
      assert.ok(
        found.some(({ start, end, entity_group }) => start === 0 && end === 2 && entity_group === "T"),
      );
    }
    assert.deepEqual(await tag(["abcd", "dcba"], { ignore_labels: [] }), before);
  });
});

describe("options of the CRF that can't be", () => {
  const rejects = async (options: object, ...parts: string[]) => {
    const tag = await load();
    await assert.rejects(tag("abc", options as TokenClassificationOptions), (error: InputError) => {
      assert.equal(error.code, "bad-option", `${error}`);
      for (const part of parts) assert.ok(error.message.includes(part), error.message);
      return true;
    });
  };

  test("are named, with what was expected", async () => {
    await rejects({ n_best: 0 }, "n_best", "from 1", "0");
    await rejects({ n_best: 101 }, "n_best", "101");
    await rejects({ n_best: 1.5 }, "n_best");
    await rejects({ return_posterior: 1 }, "return_posterior");
    await rejects({ constraints: null }, "constraints", "null");
    await rejects({ constraints: { scheme: 1 } }, "constraints.scheme", "true or false");
    await rejects({ constraints: { schema: true } }, "constraints.schema", "unknown");
    await rejects({ constraints: { constructor: [] } }, "constraints.constructor", "unknown");
    await rejects({ constraints: { forbid: "O" } }, "constraints.forbid", "array");
    await rejects({ constraints: { forbid: [["O"]] } }, "constraints.forbid[0]");
    await rejects({ constraints: { allow: [["O", "B-Q"]] } }, "constraints.allow", "B-P", "B-Q");
    const at = { start: 0, end: 1 };
    await rejects({ constraints: { fixed: [at] } }, "constraints.fixed[0]", "entity_group or labels");
    await rejects(
      { constraints: { fixed: [{ ...at, entity_group: "Q" }] } },
      "fixed[0].entity_group",
      "P, T",
      "Q",
    );
    await rejects({ constraints: { fixed: [{ ...at, labels: ["P"] }] } }, "fixed[0].labels", "B-P");
    await rejects(
      { constraints: { fixed: [{ start: 3, end: 4, labels: ["O"] }] } },
      "fixed[0]",
      "touches none",
    );
    await rejects({ constraints: { mask: [{ start: 1, end: 1 }] } }, "constraints.mask[0]");
    for (const options of [{ n_best: 2 }, { return_posterior: true }, { constraints: {} }]) {
      await rejects({ ...options, aggregation_strategy: "first" }, "aggregation_strategy", "simple");
    }
  });

  test("a span that cuts a token is told which", async () => {
    const vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "tree", "##s", "un"];
    const tag = await load({ tokenizer: { type: "wordpiece", vocab }, crf: { tokens: "first-piece" } });
    const fixed = [{ start: 3, end: 7, entity_group: "P" }];
    await assert.rejects(
      tag("un trees", { constraints: { fixed } }),
      /fixed\[0\].*whole tokens.*touches "trees"/,
    );
    const whole = { fixed: [{ start: 3, end: 8, entity_group: "P" }] };
    assert.deepEqual((await tag("un trees", { constraints: whole })).at(-1)?.word, "trees");
  });

  test("a model without a CRF is named", async () => {
    const tag = await load({ crf: undefined });
    for (const options of [{ n_best: 2 }, { return_posterior: true as const }, { constraints: {} }]) {
      await assert.rejects(tag("abc", options), /needs a CRF/);
    }
  });
});
