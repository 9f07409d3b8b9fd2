import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EntityTypes, type Finding } from "../../src/cli/entity-types.ts";
import { characterUnits, renderConll } from "../../src/cli/render/conll.ts";
import { renderEntities } from "../../src/cli/render/entities.ts";
import { HTML_TAIL, renderHtmlHead, renderHtmlText } from "../../src/cli/render/html.ts";
import type { Evaluation } from "../../src/cli/render/scores.ts";
import { renderScores } from "../../src/cli/render/scores.ts";
import { type Style, styleFor } from "../../src/cli/terminal.ts";
import { parseDataset } from "../../src/data/index.ts";
import { printable } from "../../src/report/printable.ts";

const LABELS = ["O", "P-B", "P-I", "T-B", "T-I", "A4-B", "A4-I"];
const types = new EntityTypes(LABELS, { notation: "BIO", typeFirst: true });

const plain: Style = styleFor({}, {});
const colored: Style = styleFor({ isTTY: true, columns: 80 }, {});

/** Entities as they come from a pipeline, found in `text` by their words. */
function entitiesIn(
  text: string,
  ...found: readonly (readonly [type: string, word: string, score: number])[]
) {
  let at = 0;
  return found.map(([entity_group, word, score]): Finding => {
    const start = text.indexOf(word, at);
    at = start + word.length;
    return { entity_group, score, word, start, end: at };
  });
}

const TEXT = "张三,18600009172 八马路北40米";
const ENTITIES = entitiesIn(
  TEXT,
  ["P", "张三", 0.99871],
  ["T", "18600009172", 1],
  ["A4", "八马路北40米", 0.5],
);

describe("entities on a terminal", () => {
  it("stand in brackets with their labels where there are no colours", () => {
    assert.equal(
      renderEntities(TEXT, ENTITIES, types, plain),
      `[张三 P],[18600009172 T] [八马路北40米 A4]

 type  text          start–end   score
 ────  ────────────  ─────────  ──────
 P     张三                0–2  0.9987
 T     18600009172        3–14  1.0000
 A4    八马路北40米      15–22  0.5000
`,
    );
  });

  it("have their type's colour, the label in a darker one", () => {
    const text = "张三1";
    const [marked, , , , row] = renderEntities(
      text,
      entitiesIn(text, ["P", "张三", 1]),
      types,
      colored,
    ).split("\n");
    const label = "\x1b[48;5;25m\x1b[38;5;231m P \x1b[0m";
    assert.equal(marked, `\x1b[48;5;153m\x1b[38;5;16m 张三 \x1b[0m${label}1`);
    assert.equal(row, ` ${label}   张三        0–2  1.0000`);
  });

  it("keep one colour whatever the aggregation strategy", () => {
    const tokens: Finding[] = [
      { entity: "T-B", score: 1, index: 1, word: "1", start: 0, end: 1 },
      { entity: "T-I", score: 1, index: 2, word: "8", start: 1, end: 2 },
    ];
    assert.deepEqual(
      tokens.map((token) => types.indexOf(token)),
      [1, 1],
    );
    assert.match(renderEntities("18", tokens, types, plain), /^\[1 T-B\]\[8 T-I\]\n/);
  });

  it("are cut short in the table where the terminal is narrow", () => {
    const table = renderEntities(TEXT, ENTITIES, types, { ...plain, columns: 36 });
    assert.match(table, /^ A4 {4}八马路北… {6}15–22 {2}0\.5000$/mu);
    assert.match(table, /\[八马路北40米 A4\]/u);
  });

  it("may be none, or none may be text", () => {
    assert.equal(renderEntities("你好", [], types, plain), "你好\n\n no entities\n");
    assert.equal(renderEntities("", [], types, plain), "\n\n no entities\n");
  });

  it("can't move the cursor or change colours by what the text holds", () => {
    const text = "张\x1b[2J\x07\u009b1m\u202e三\x7f\r\n5";
    const output = renderEntities(text, entitiesIn(text, ["P", text.slice(0, -1), 1]), types, plain);
    assert.doesNotMatch(output, /[^\P{Cc}\n]|\u202E/u);
    assert.match(output, /^\[张␛\[2J␇\uFFFD1m\uFFFD三␡␍\n P\]5\n/u);
    assert.match(output, /^ P +张␛\[2J␇\uFFFD1m\uFFFD三␡␍␊ /mu);
  });
});

describe("colours", () => {
  const supported = (tty: boolean, env: NodeJS.ProcessEnv) =>
    styleFor({ isTTY: tty }, env).colors.isColorSupported;
  it("need a terminal", () => {
    assert.equal(supported(true, {}), true);
    assert.equal(supported(false, {}), false);
    assert.equal(supported(false, { CI: "true" }), false);
    assert.equal(supported(true, { TERM: "dumb" }), false);
  });
  it("follow NO_COLOR and FORCE_COLOR", () => {
    assert.equal(supported(true, { NO_COLOR: "1" }), false);
    assert.equal(supported(true, { NO_COLOR: "" }), true);
    assert.equal(supported(false, { FORCE_COLOR: "1" }), true);
    assert.equal(supported(true, { FORCE_COLOR: "0" }), false);
    assert.equal(supported(true, { NO_COLOR: "1", FORCE_COLOR: "1" }), false);
  });
});

describe("CoNLL columns", () => {
  it("have BIO labels, and a blank line at the end", () => {
    const text = "张三李四 1";
    const entities = entitiesIn(text, ["P", "张三", 1], ["P", "李四", 1]);
    const conll = renderConll(text, characterUnits(text), entities);
    assert.equal(conll, "张\tB-P\n三\tI-P\n李\tB-P\n四\tI-P\n \tO\n1\tO\n\n");
  });

  it("come back from our own reader as the same text", () => {
    const text = "𠮷田 18600009172😀";
    const conll = renderConll(text, characterUnits(text), entitiesIn(text, ["P", "𠮷田", 1]));
    const [example] = parseDataset(conll, "out.conll").examples;
    assert.equal(example!.text, text);
  });

  it("give a unit to the entity that touches it, and O to what was asked for as O", () => {
    const text = "Ada Lovelace wrote";
    const units = [
      { start: 0, end: 3 },
      { start: 4, end: 12 },
      { start: 13, end: 18 },
    ];
    const entities = entitiesIn(text, ["person", "Ada Love", 1], ["O", " wrote", 1]);
    assert.equal(renderConll(text, units, entities), "Ada\tB-person\nLovelace\tI-person\nwrote\tO\n\n");
  });

  it("keep to their lines whatever the text holds", () => {
    assert.equal(renderConll("a\tb\n", characterUnits("a\tb\n"), []), "a\tO\n \tO\nb\tO\n \tO\n\n");
  });
});

describe("the HTML page", () => {
  const hostile = `<script>alert("1")</script>&'`;

  it("escapes text, labels and the model's name", () => {
    const entity: Finding = { entity_group: hostile, score: 1, word: hostile, start: 0, end: hostile.length };
    const named = new EntityTypes([`B-${hostile}`], { notation: "BIO", typeFirst: false });
    const page =
      renderHtmlHead(hostile, named) +
      renderHtmlText(hostile, [entity], named, true) +
      renderHtmlText(hostile, [], named, false) +
      HTML_TAIL;
    assert.doesNotMatch(page, /<script/u);
    assert.equal(page.match(/&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/gu)?.length, 7);
  });

  it("holds nothing to fetch and forbids fetching", () => {
    const head = renderHtmlHead("waybill-zh.safetensors", types);
    assert.match(head, /content="default-src 'none'; style-src 'unsafe-inline'"/u);
    assert.doesNotMatch(head, /https?:|url\(|@import|<script|<link/u);
  });

  it("names each entity's type in words, beside the colour", () => {
    const html = renderHtmlText(TEXT, ENTITIES, types, true);
    assert.match(html, /<mark style="--hue: 255">张三<span class="label">P<\/span><\/mark>,/u);
    assert.match(html, /<details open><summary>3 entities<\/summary>/u);
    assert.match(html, /<p class="text" lang="zh">/u);
    assert.match(html, /<td class="number">15–22<\/td><td class="number">0\.5000<\/td>/u);
    assert.match(
      renderHtmlHead("m", types),
      /<li class="type" style="--hue: 255">P<\/li><li class="type" style="--hue: 33">T<\/li>/u,
    );
  });

  it("says when there are no entities", () => {
    assert.equal(
      renderHtmlText("hello", [], types, true),
      '<article>\n<p class="text">hello</p>\n<p class="none">no entities</p>\n</article>\n',
    );
  });
});

describe("scores", () => {
  it("stand in a table with all types together last", () => {
    const evaluation: Evaluation = {
      precision: 0.5,
      recall: 0.25,
      f1: 1 / 3,
      support: 1200,
      types: { P: { precision: 1, recall: 0, f1: 0.12345, support: 1200 } },
      examples: 200,
      form: "waybill",
      seconds: 1.26,
    };
    assert.equal(
      renderScores(evaluation, plain),
      ` type  precision  recall      F1  support
 ────  ─────────  ──────  ──────  ───────
 P        1.0000  0.0000  0.1235    1,200
 all      0.5000  0.2500  0.3333    1,200

 200 texts in waybill form, 1.3 s, 159 texts/s
`,
    );
  });
});

describe("printable", () => {
  it("leaves ordinary text alone, emoji with joiners too", () => {
    const text = "张三 Ünïcode 👩‍👧 𠮷";
    assert.equal(printable(text), text);
  });
});
