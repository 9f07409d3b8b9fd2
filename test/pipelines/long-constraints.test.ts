import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type InputError,
  type LabelConstraints,
  pipeline,
  type TokenClassificationOptions,
  type TokenEntity,
} from "../../src/index.node.ts";
import { SpanSweep } from "../../src/pipelines/tagging/constraints.ts";
import { type RandomModelOptions, randomModel, WORDPIECES } from "../model/random-model.ts";
import { random } from "../random.ts";
import { decodeByRecursion } from "../reference/crf.ts";
import { crfOf, mergedScores } from "./merged-scores.ts";

const load = (options?: RandomModelOptions) => pipeline("token-classification", randomModel(options));

const LABELS = ["O", "B-P", "I-P", "B-T", "I-T"];
const eachToken = { aggregation_strategy: "none", ignore_labels: [] } as const;

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 2e-5, `${actual}, not ${expected}`);

type Span = { readonly start: number; readonly end: number };

/** Spans of lines, in any order, as spans of the text that the lines are joined to. */
function joinSpans<S extends Span>(lines: readonly string[], spansOf: (line: number) => readonly S[]): S[] {
  let at = 0;
  const joined: S[] = [];
  for (const [i, line] of lines.entries()) {
    for (const span of spansOf(i)) joined.unshift({ ...span, start: span.start + at, end: span.end + at });
    at += line.length + 1;
  }
  return joined;
}

/** Asks about lines one by one, and about them as one text that must be read in windows. */
async function asInLines(
  options: RandomModelOptions,
  lines: readonly string[],
  constraintsOf: (line: number) => LabelConstraints,
) {
  const tag = await load(options);
  const text = lines.join("\n");
  const constraints = {
    fixed: joinSpans(lines, (i) => constraintsOf(i).fixed ?? []),
    mask: joinSpans(lines, (i) => constraintsOf(i).mask ?? []),
  };
  for (const asked of [eachToken, { ignore_labels: [] }]) {
    const expected: { score: number; place: object }[] = [];
    let at = 0;
    for (const [i, line] of lines.entries()) {
      for (const found of await tag(line, { ...asked, constraints: constraintsOf(i) })) {
        const { score, ...place } = { ...found, start: found.start + at, end: found.end + at };
        expected.push({ score, place: { ...place, index: 0 } });
      }
      at += line.length + 1;
    }
    for (const max_length of [40, 24]) {
      const found = await tag(text, { ...asked, max_length, constraints });
      assert.deepEqual(
        found.map(({ score, ...place }) => ({ ...place, index: 0 })),
        expected.map(({ place }) => place),
      );
      for (const [i, { score }] of found.entries()) near(score, expected[i]!.score);
    }
  }
}

describe("what is fixed or masked in a text of windows", () => {
  test("is so as in its lines alone", async () => {
    const lines = Array.from({ length: 40 }, (_, i) =>
      "abc张三dcbaefghi省市李四jklm".slice(i % 7, 12 + (i % 11)),
    );
    const fixed = (line: string) => [
      [{ start: 1, end: 3, entity_group: "T" }],
      [
        { start: 0, end: 2, entity_group: "P" },
        { start: 2, end: 3, entity_group: "P" },
      ],
      [{ start: line.length - 1, end: line.length, labels: ["I-T", "O"] }],
      [],
      [
        { start: 0, end: 1, entity_group: "O" },
        { start: line.length - 2, end: line.length, entity_group: "T" },
      ],
    ];
    await asInLines({}, lines, (i) => ({
      fixed: fixed(lines[i]!)[i % 5]!,
      ...(i % 3 === 0 && { mask: [{ start: 3, end: i % 2 === 0 ? 5 : 4 }] }),
    }));
  });

  test("is so where some pieces of words have no label", async () => {
    const lines = Array.from(
      { length: 20 },
      (_, i) => ["unaffable trees a 王五", "a trees", "王 unaffables trees"][i % 3]!,
    );
    for (const tokens of ["first-piece", "characters"] as const) {
      const constraints: LabelConstraints[] = [
        { fixed: [{ start: 10, end: 15, entity_group: "T" }].filter(() => tokens === "first-piece") },
        { mask: [{ start: 0, end: 1 }], fixed: [{ start: 2, end: 7, labels: ["I-P", "O"] }] },
        { mask: [{ start: 2, end: 3 }] },
      ];
      const options = { tokenizer: { type: "wordpiece" as const, vocab: WORDPIECES }, crf: { tokens } };
      await asInLines(options, lines, (i) => constraints[i % 3]!);
    }
  });

  test("holds in the one CRF over a line that is longer than a window, wherever windows end", async () => {
    const options = { config: { max_position_embeddings: 24 } };
    const [tag, crf] = [await load(options), await crfOf(options)];
    const next = random(5);
    const text = Array.from({ length: 400 }, () => "abcdefg张三李四"[Math.floor(next() * 11)]).join("");
    const fixed = Array.from({ length: 16 }, (_, i) => ({
      start: 25 * i,
      end: 25 * i + 1 + i,
      labels: ["B-T", "I-P"],
    }));
    const mask = [
      { start: 20, end: 24 },
      { start: 118, end: 122 },
    ];
    const isIn = (spans: readonly Span[], at: number) =>
      spans.some(({ start, end }) => at >= start && at < end);
    for (const [max_length, stride] of [
      [24, 5],
      [9, 0],
    ] as const) {
      const scores = (await mergedScores(options, text, max_length, stride)).slice(
        LABELS.length,
        -LABELS.length,
      );
      const places = [...Array(text.length).keys()].filter((at) => !isIn(mask, at));
      const emissions = Float64Array.from(
        places.flatMap((at) =>
          LABELS.map((label, i) => {
            const isAllowed = !isIn(fixed, at) || ["B-T", "I-P"].includes(label);
            return isAllowed ? scores[at * LABELS.length + i]! : -Infinity;
          }),
        ),
      );
      const { path, marginals } = decodeByRecursion(crf, emissions);
      const found = await tag(text, { ...eachToken, max_length, stride, constraints: { fixed, mask } });
      assert.deepEqual(
        found.map(({ start }) => start),
        places,
      );
      assert.deepEqual(
        (found as TokenEntity[]).map(({ entity }) => entity),
        path.map((label) => LABELS[label]),
      );
      for (const [step, { score }] of found.entries()) {
        near(score, marginals[step * LABELS.length + path[step]!]!);
      }
    }
  });

  test("makes an entity certain, also of one token at a window's edge", async () => {
    const tag = await load();
    const text = "abc张三dcba".repeat(40);
    const fixed = Array.from({ length: 100 }, (_, i) => ({
      entity_group: "T",
      start: 3 * i,
      end: 3 * i + 1 + (i % 3),
    }));
    const found = await tag(text, { max_length: 12, constraints: { fixed } });
    for (const { entity_group, start, end } of fixed) {
      const itself = found.find((entity) => entity.start === start && entity.end === end);
      assert.equal(itself?.entity_group, entity_group);
      near(itself.score, 1);
    }
  });
});

describe("what can't be in a text of windows", () => {
  const text = `${"abc张三dcba ".repeat(8)}\n${"省市 李四".repeat(20)}`;
  const refused = async (options: TokenClassificationOptions, code: string, ...parts: string[]) => {
    const tag = await load();
    await assert.rejects(tag(text, options), (error: InputError) => {
      assert.equal(error.code, code, `${error}`);
      for (const part of parts) assert.ok(error.message.includes(part), error.message);
      return true;
    });
  };
  const some = { start: 0, end: 2, entity_group: "P" };
  const fixing = (...fixed: NonNullable<LabelConstraints["fixed"]>) => ({ constraints: { fixed } });

  test("is told by name and place", async () => {
    const two = { start: 70, end: 82, entity_group: "P" };
    await refused(fixing(some, two), "bad-option", "constraints.fixed[1]", "within one line", '"start":70');
    await refused(
      fixing(some, { ...some, end: 3, labels: undefined!, entity_group: "Q" }),
      "bad-option",
      "fixed[1].entity_group",
      '"Q"',
    );
    await refused(fixing({ start: 900, end: 901, labels: ["O"] }), "bad-option", "fixed[0]", "touches none");
    await refused({ constraints: { forbid: [["O", "B-Q"]] } }, "bad-option", "constraints.forbid", '"B-Q"');
  });

  test("leaves no labels where what is fixed contradicts itself, and says where", async () => {
    const other = { start: 43, end: 45, entity_group: "T" };
    const clash = { start: 44, end: 46, entity_group: "P" };
    await refused(fixing(some, other, clash), "no-path", "characters 44 to 45");
  });

  test("asks about all tokens together", async () => {
    await refused({ n_best: 2 }, "text-too-long", "n_best asks about all tokens", "takes at most 40");
    await refused(
      { return_posterior: true, max_length: 12 },
      "text-too-long",
      "return_posterior",
      "its lines",
    );
  });
});

test("spans are found by sweeping as by looking at each", () => {
  const next = random(9);
  const at = (below: number) => Math.floor(next() * below);
  for (let round = 0; round < 50; round++) {
    const spans = Array.from({ length: at(12) }, () => at(60)).map((start) => ({
      start,
      end: start + 1 + at(9),
    }));
    const sweep = new SpanSweep(spans);
    for (let start = 0; start < 70; ) {
      const end = start + at(4);
      const expected = spans.filter((span) => span.start < end && span.end > start);
      assert.deepEqual(new Set(sweep.touching(start, end)), new Set(expected));
      start = Math.max(end, start + at(3));
    }
  }
});
