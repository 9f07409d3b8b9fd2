import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { markedTexts } from "../../src/cli/marked-entities.ts";
import { parseDataset } from "../../src/data/index.ts";
import { electraEdge, MADE_UP, MODEL, REAL } from "./electra-edge.ts";

/** PyTorch's F1 by entity, as the reference checkpoint's own notes state it. */
const PYTORCH = { madeUp: 0.98289, real: 0.89719, tolerance: 0.0003 };

describe("electra-edge evaluate", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-evaluate-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function fileOf(name: string, content: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, content);
    return file;
  }

  it("agrees with PyTorch on the made-up waybills", async () => {
    const { code, stdout, stderr } = await electraEdge(["evaluate", MODEL, "--data", MADE_UP, "--json"]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const { types, ...all } = JSON.parse(stdout);
    assert.ok(Math.abs(all.f1 - PYTORCH.madeUp) <= PYTORCH.tolerance, `F1 ${all.f1}`);
    assert.equal(all.examples, 200);
    assert.equal(all.form, "waybill");
    assert.equal(all.support, 1167);
    assert.ok(all.seconds > 0);
    assert.deepEqual(Object.keys(types), ["A1", "A2", "A3", "A4", "P", "T"]);
    for (const scores of [all, ...Object.values<typeof all>(types)]) {
      const { precision, recall, f1 } = scores;
      assert.ok(Math.abs(f1 - (2 * precision * recall) / (precision + recall)) < 1e-12);
    }
    assert.equal(types.P.support, 200);
  });

  it("agrees with PyTorch on the real waybills", async (t) => {
    if (!existsSync(REAL)) return t.skip("../shared/data is absent");
    const { stdout } = await electraEdge(["evaluate", MODEL, "--data", REAL, "--json"]);
    const { f1 } = JSON.parse(stdout);
    assert.ok(Math.abs(f1 - PYTORCH.real) <= PYTORCH.tolerance, `F1 ${f1}`);
  });

  it("scores every form alike, and prints a table", async () => {
    // The first row is right as the model finds it; the second has its name a character short.
    const rows = [
      { text: "张三18600009172广东省深圳市", name: "张三" },
      { text: "李小四13900001234广东省深圳市", name: "李小" },
    ];
    const spans = ({ text, name }: (typeof rows)[number]) => [
      { type: "P", start: 0, end: name.length },
      { type: "T", start: text.search(/\d/u), end: text.search(/\d/u) + 11 },
      { type: "A1", start: text.indexOf("广"), end: text.indexOf("深") },
      { type: "A2", start: text.indexOf("深"), end: text.length },
    ];
    const columns = (separator: string, label: (type: string, at: number, length: number) => string) =>
      rows
        .map((row) => {
          const labels = [...row.text].map(() => "O");
          for (const { type, start, end } of spans(row)) {
            for (let i = start; i < end; i++) labels[i] = label(type, i - start, end - start);
          }
          return [...row.text].map((character, i) => `${character}${separator}${labels[i]}\n`).join("");
        })
        .join("\n");
    const bmes = (type: string, at: number, length: number) =>
      `${length === 1 ? "S" : at === 0 ? "B" : at === length - 1 ? "E" : "M"}-${type}`;
    const cluener = rows.map((row) => {
      const label = Object.fromEntries(
        spans(row).map(({ type, start, end }) => [
          type,
          { [row.text.slice(start, end)]: [[start, end - 1]] },
        ]),
      );
      return JSON.stringify({ text: row.text, label });
    });
    const files = await Promise.all([
      fileOf(
        "rows.conll",
        columns("\t", (type, at) => `${at === 0 ? "B" : "I"}-${type}`),
      ),
      fileOf("rows.bmes", columns(" ", bmes)),
      fileOf("rows.jsonl", cluener.join("\n")),
    ]);
    for (const file of files) {
      const { stdout } = await electraEdge(["evaluate", MODEL, "--data", file]);
      const lines = stdout.split("\n");
      assert.equal(lines[5], " T        1.0000  1.0000  1.0000        2", file);
      assert.equal(lines[4], " P        0.5000  0.5000  0.5000        2", file);
      assert.equal(lines[6], " all      0.8750  0.8750  0.8750        8", file);
      assert.match(lines[8]!, /^ 2 texts in (conll|bmes|cluener) form, [\d.]+ s, [\d.,]+ texts\/s$/u);
    }
  });

  it("takes examples that are longer than the model", async () => {
    const file = await fileOf("long.conll", `张\tB-P\n\n${"长\tO\n".repeat(600)}\n李\tB-P\n`);
    const { code, stdout, stderr } = await electraEdge(["evaluate", MODEL, "--data", file, "--json"]);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).examples, 3);
  });

  it("names the line that it can't read, and the file that it can't find", async () => {
    const file = await fileOf("broken.conll", "张\tB-P\n三\tI-P\n1\n");
    const broken = await electraEdge(["evaluate", MODEL, "--data", file]);
    assert.equal(broken.code, 1);
    assert.equal(broken.stderr, `electra-edge: ${file}:3: expected 2 columns, found 1\n`);
    const absent = await electraEdge(["evaluate", MODEL, "--data", join(folder, "absent.txt")]);
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /absent\.txt: no such file\n$/u);
  });

  it("warns where data and model name different types", async () => {
    const file = await fileOf("other.conll", "张\tB-PER\n三\tI-PER\n");
    const { code, stdout, stderr } = await electraEdge(["evaluate", MODEL, "--data", file, "--json"]);
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).recall, 0);
    assert.match(
      stderr,
      /^electra-edge: warning: the data marks PER; the model knows only P, T, A1, A2, A3, A4\n$/u,
    );
  });
});

describe("markedTexts", () => {
  it("reads labels by conlleval's rules and puts spans at UTF-16 offsets", () => {
    const dataset = parseDataset("𠮷\tI-P\n田\tI-P\n1\tI-T\n2\tB-T\nx\tO\n", "rows.conll");
    assert.deepEqual(markedTexts(dataset)[0]!.entities, [
      { type: "P", start: 0, end: 3 },
      { type: "T", start: 3, end: 4 },
      { type: "T", start: 4, end: 5 },
    ]);
  });

  it("reads labels whose type comes first", () => {
    const dataset = parseDataset("text_a\tlabel\n张\x02三\x021\tP-B\x02P-I\x02T-B", "rows.txt");
    assert.deepEqual(markedTexts(dataset)[0]!.entities, [
      { type: "P", start: 0, end: 2 },
      { type: "T", start: 2, end: 3 },
    ]);
  });

  it("covers the blanks between an entity's words", () => {
    const dataset = parseDataset("Ada\tB-person\nLovelace\tI-person\nwrote\tO\n", "rows.conll");
    assert.deepEqual(markedTexts(dataset)[0]!.entities, [{ type: "person", start: 0, end: 12 }]);
  });
});
