import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type AnnotatedText, type LabelledUnits, parseDataset, readDataset } from "../../src/data/index.ts";
import { DataError } from "../../src/errors.ts";

const FILE = "invented.txt";

/** The units' own text, to see that each offset points where it should. */
const unitsOf = (example: LabelledUnits) =>
  example.units.map(({ start, end }) => example.text.slice(start, end));

function labelled(content: string): { form: string; examples: readonly LabelledUnits[] } {
  const dataset = parseDataset(content, FILE);
  assert.notEqual(dataset.form, "cluener");
  return dataset as { form: string; examples: readonly LabelledUnits[] };
}

function annotated(content: string): readonly AnnotatedText[] {
  const dataset = parseDataset(content, FILE);
  assert.ok(dataset.form === "cluener", dataset.form);
  return dataset.examples;
}

function assertMalformed(content: string, line: number | undefined, detail: RegExp): void {
  assert.throws(
    () => parseDataset(content, FILE),
    (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.equal(error.line, line, error.message);
      assert.match(error.message, detail);
      assert.ok(
        error.message.startsWith(line === undefined ? `${FILE}: ` : `${FILE}:${line}: `),
        error.message,
      );
      return true;
    },
  );
}

const waybill = (...rows: readonly (readonly [string, string])[]) =>
  [
    "text_a\tlabel",
    ...rows.map(([text, labels]) => `${[...text].join("\x02")}\t${labels.replaceAll(" ", "\x02")}`),
  ].join("\n");

describe("the waybill form", () => {
  it("joins the characters and keeps their labels", () => {
    const { form, examples } = labelled(`${waybill(["张三 1", "P-B P-I O T-B"], ["李四", "P-B P-I"])}\n`);
    assert.equal(form, "waybill");
    assert.deepEqual(examples, [
      {
        text: "张三 1",
        line: 2,
        units: [
          { start: 0, end: 1 },
          { start: 1, end: 2 },
          { start: 2, end: 3 },
          { start: 3, end: 4 },
        ],
        labels: ["P-B", "P-I", "O", "T-B"],
      },
      {
        text: "李四",
        line: 3,
        units: [
          { start: 0, end: 1 },
          { start: 1, end: 2 },
        ],
        labels: ["P-B", "P-I"],
      },
    ]);
  });

  it("counts offsets in UTF-16 where a character is a surrogate pair", () => {
    const { examples } = labelled(waybill(["𠮷田1", "P-B P-I T-B"]));
    assert.deepEqual(unitsOf(examples[0]!), ["𠮷", "田", "1"]);
    assert.deepEqual(examples[0]!.units[1], { start: 2, end: 3 });
  });

  it("reads CRLF and a byte-order mark", () => {
    const { examples } = labelled(`\uFEFF${waybill(["张三", "P-B P-I"])}\n`.replaceAll("\n", "\r\n"));
    assert.deepEqual(examples[0]!.labels, ["P-B", "P-I"]);
  });

  it("names the line of what it can't read", () => {
    const good = waybill(["张三", "P-B P-I"]);
    assertMalformed(`${good}\n张\x02三`, 3, /found 1 columns/);
    assertMalformed(`${good}\n张\tP-B\tO`, 3, /found 3 columns/);
    assertMalformed(`${good}\n张\x02三\tP-B`, 3, /2 characters have 1 labels/);
    assertMalformed(`${good}\n张\x02\x02三\tP-B\x02O\x02O`, 3, /character 2 is empty/);
    assertMalformed(`${good}\n\tO`, 3, /character 1 is empty/);
    assertMalformed(`${good}\n张\x02三\tP-B\x02P`, 3, /"P" is not a label/);
    assertMalformed("text_a\tlabel\n\n", undefined, /holds no example/);
  });
});

describe("columns", () => {
  it("joins single characters with nothing", () => {
    const { form, examples } = labelled("张\tB-PER\n三\tI-PER\n在\tO\n\n京\tB-LOC\n");
    assert.equal(form, "conll");
    assert.deepEqual(
      examples.map(({ text, line, labels }) => ({ text, line, labels })),
      [
        { text: "张三在", line: 1, labels: ["B-PER", "I-PER", "O"] },
        { text: "京", line: 5, labels: ["B-LOC"] },
      ],
    );
    assert.deepEqual(unitsOf(examples[0]!), ["张", "三", "在"]);
  });

  it("joins English words by one space", () => {
    const { examples } = labelled("Ada\tB-person\nLovelace\tI-person\nwrote\tO\n.\tO\n\t\nBye\tO\n");
    assert.equal(examples[0]!.text, "Ada Lovelace wrote .");
    assert.deepEqual(unitsOf(examples[0]!), ["Ada", "Lovelace", "wrote", "."]);
    assert.equal(examples[1]!.text, "Bye");
    assert.equal(examples[1]!.line, 6);
  });

  it("joins Chinese words and runs of digits with nothing", () => {
    const { examples } = labelled("北京\tB-LOC\n在\tO\n2024\tO\n下雪\tO\n");
    assert.equal(examples[0]!.text, "北京在2024下雪");
  });

  it("decides once for the whole file, so a short sentence joins like the others", () => {
    const { examples } = labelled("I\tO\nam\tO\n\nvery\tO\nglad\tO\nindeed\tO\n");
    assert.equal(examples[0]!.text, "I am");
  });

  it("keeps spaces that are characters of the text", () => {
    assert.equal(labelled("张\tB-P\n \tO\n三\tB-P\n").examples[0]!.text, "张 三");
    assert.equal(labelled("张 B-P\n  O\n\u3000 O\n三 B-P\n").examples[0]!.text, "张 \u3000三");
  });

  it("reads first and last of many columns and skips -DOCSTART-", () => {
    const { form, examples } = labelled(
      "-DOCSTART- -X- -X- O\n\nEdge NNP B-NP B-ORG\nruns VBZ B-VP O\n-DOCSTART- -X- -X- O\nOslo NNP B-NP B-LOC\n",
    );
    assert.equal(form, "conll");
    assert.deepEqual(
      examples.map(({ text, labels }) => ({ text, labels })),
      [
        { text: "Edge runs", labels: ["B-ORG", "O"] },
        { text: "Oslo", labels: ["B-LOC"] },
      ],
    );
  });

  it("tells BMES from BIO and BIOES by the labels", () => {
    assert.equal(labelled("吴 B-NAME\n小 M-NAME\n明 E-NAME\n").form, "bmes");
    assert.equal(labelled("吴 S-NAME\n来 O\n").form, "bmes");
    assert.equal(labelled("吴 B-NAME\n小 I-NAME\n明 E-NAME\n").form, "conll");
    assert.equal(labelled("吴 NAME-B\n小 NAME-M\n明 NAME-E\n").form, "bmes");
    assert.equal(labelled("吴 O\n").form, "conll");
  });

  it("names the line of what it can't read", () => {
    assertMalformed("张\tB-P\n三\n", 2, /expected 2 columns, found 1/);
    assertMalformed("张\tB-P\n三\tx\tI-P\n", 2, /expected 2 columns, found 3/);
    assertMalformed("张\tB-P\n三\tPER\n", 2, /"PER" is not a label/);
    assertMalformed("张\tB-P\n三\tB-\n", 2, /"B-" is not a label/);
    assertMalformed("张\tB-P\n三\t\n", 2, /"" is not a label/);
    assertMalformed("张\tB-P\n\tI-P\n", 2, /before the label/);
  });
});

describe("CLUENER's JSON lines", () => {
  const row = (text: string, label: unknown) => JSON.stringify({ text, label });

  it("turns inclusive ends into half-open ones, in the order of the text", () => {
    const label = { name: { 李四: [[5, 6]], 张三: [[0, 1]] }, city: { 北京: [[3, 4]] } };
    assert.deepEqual(annotated(`${row("张三去北京李四", label)}\n`), [
      {
        text: "张三去北京李四",
        line: 1,
        entities: [
          { type: "name", start: 0, end: 2 },
          { type: "city", start: 3, end: 5 },
          { type: "name", start: 5, end: 7 },
        ],
      },
    ]);
  });

  it("counts offsets in code points and gives them in UTF-16", () => {
    const [example] = annotated(row("😀😀张三", { name: { 张三: [[2, 3]] } }));
    assert.deepEqual(example!.entities, [{ type: "name", start: 4, end: 6 }]);
  });

  it("reads a text without entities and an entity named twice", () => {
    const examples = annotated(
      [
        row("无", {}),
        "",
        row("京京", {
          city: {
            京: [
              [1, 1],
              [0, 0],
            ],
          },
        }),
      ].join("\n"),
    );
    assert.deepEqual(examples[0]!.entities, []);
    assert.equal(examples[1]!.line, 3);
    assert.deepEqual(
      examples[1]!.entities.map(({ start }) => start),
      [0, 1],
    );
  });

  it("names the line of what it can't read", () => {
    const good = row("张三", { name: { 张三: [[0, 1]] } });
    const bad: readonly (readonly [string, RegExp])[] = [
      ['{"text": "张', /not JSON/],
      ["[]", /expected a JSON object/],
      ['{"label": {}}', /"text" must be a string/],
      ['{"text": 7, "label": {}}', /"text" must be a string, not 7/],
      ['{"text": "\\ud83d", "label": {}}', /surrogate/],
      ['{"text": "张"}', /"label" must be an object/],
      [row("张", { name: [] }), /label "name"/],
      [row("张", { name: { 张: 0 } }), /expected a list/],
      [row("张", { name: { 张: [[0]] } }), /found \[0\]/],
      [row("张", { name: { 张: [[0, 0.5]] } }), /found \[0,0\.5\]/],
      [row("张", { name: { 张: [[-1, 0]] } }), /found \[-1,0\]/],
      [row("张三", { name: { 张三: [[1, 0]] } }), /found \[1,0\]/],
      [row("张三", { name: { 张三: [[0, 2]] } }), /ends at 2, the text has 2 characters/],
      [row("张三", { name: { 张: [[0, 9e15]] } }), /the text has 2 characters/],
      [row("张三", { name: { 三: [[0, 0]] } }), /is "张", not "三"/],
    ];
    for (const [line, detail] of bad) assertMalformed(`${good}\n${line}\n`, 2, detail);
  });
});

describe("recognition", () => {
  it("refuses what it doesn't know", () => {
    assertMalformed("", undefined, /holds no example/);
    assertMalformed("\n \n", undefined, /holds no example/);
    assertMalformed("\na sentence of prose\n", 2, /not a form that is known/);
    assertMalformed("text,label\n", 1, /not a form that is known/);
  });

  it("says when a file is absent or not UTF-8", async () => {
    const folder = await mkdtemp(join(tmpdir(), "electra-edge-data-"));
    try {
      await assert.rejects(readDataset(join(folder, "absent.txt")), /absent\.txt: no such file/);
      await assert.rejects(readDataset(folder), DataError);
      await writeFile(join(folder, "gbk.txt"), Uint8Array.of(0xd5, 0xc5, 0xc8, 0xfd));
      await assert.rejects(readDataset(join(folder, "gbk.txt")), /gbk\.txt: is not UTF-8/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("the real files", () => {
  const shared = new URL("../../../shared/data/", import.meta.url);
  const files: readonly (readonly [string, string, number])[] = [
    ["waybill/dev.txt", "waybill", 200],
    ["msra/dev.conll", "conll", 2000],
    ["resume/dev.char.bmes", "bmes", 463],
    ["cluener/dev.jsonl", "cluener", 1000],
    ["wnut17/dev.conll", "conll", 1009],
    ["wnut17/train.conll", "conll", 3394],
  ];
  for (const [name, form, count] of files) {
    it(`${name} is ${form} with ${count} examples`, async (t: TestContext) => {
      const file = fileURLToPath(new URL(name, shared));
      if (!existsSync(file)) return t.skip("../shared/data is absent");
      const dataset = await readDataset(file);
      assert.equal(dataset.form, form);
      assert.equal(dataset.examples.length, count);
      if (name.startsWith("wnut17")) assert.match(dataset.examples[0]!.text, / /);
    });
  }

  it("the made-up waybills are 200", async () => {
    const file = fileURLToPath(new URL("../fixtures/waybill-made-up/dev.txt", import.meta.url));
    const dataset = await readDataset(file);
    assert.equal(dataset.form, "waybill");
    assert.equal(dataset.examples.length, 200);
  });
});
