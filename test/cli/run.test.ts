import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { convertDirectory } from "../../src/convert/index.ts";
import { parseDataset } from "../../src/data/index.ts";
import { electraEdge, HEADS, MODEL, start } from "./electra-edge.ts";

const TEXT = "张三18600009172广东省深圳市南山区八马路与东平行路交叉口北40米";
const OTHER = "李四13900001234浙江省杭州市西湖区文三路99号";
const FOUND = [
  ["P", "张三", 0, 2],
  ["T", "18600009172", 2, 13],
  ["A1", "广东省", 13, 16],
  ["A2", "深圳市", 16, 19],
  ["A3", "南山区", 19, 22],
  ["A4", "八马路与东平行路交叉口北40米", 22, 37],
];

interface Line {
  readonly text: string;
  readonly entities: readonly {
    entity_group: string;
    word: string;
    start: number;
    end: number;
    score: number;
  }[];
}

const brief = ({ entities }: Line) => entities.map((e) => [e.entity_group, e.word, e.start, e.end]);

describe("electra-edge run", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-run-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("prints the marked text and a table", async () => {
    const { code, stdout, stderr } = await electraEdge(["run", MODEL, TEXT]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const lines = stdout.split("\n");
    assert.equal(
      lines[0],
      "[张三 P][18600009172 T][广东省 A1][深圳市 A2][南山区 A3][八马路与东平行路交叉口北40米 A4]",
    );
    assert.match(lines[2]!, /^ type {2}text {26}start–end {3}score$/u);
    assert.match(lines[4]!, /^ P {5}张三 {32}0–2 {2}0\.\d{4}$/u);
    assert.match(lines[9]!, /^ A4 {4}八马路与东平行路交叉口北40米 {6}22–37 {2}0\.\d{4}$/u);
  });

  it("colours it where FORCE_COLOR says so", async () => {
    const { stdout } = await electraEdge(["run", MODEL, TEXT], { env: { FORCE_COLOR: "1" } });
    assert.match(stdout, /^\x1b\[48;5;153m\x1b\[38;5;16m 张三 \x1b\[0m/u);
  });

  it("prints JSON: each text with Hugging Face's entities", async () => {
    const { stdout } = await electraEdge(["run", MODEL, TEXT, "--format", "json"]);
    const lines = JSON.parse(stdout) as Line[];
    assert.equal(lines.length, 1);
    assert.equal(lines[0]!.text, TEXT);
    assert.deepEqual(brief(lines[0]!), FOUND);
    for (const { score } of lines[0]!.entities) assert.ok(score > 0.5 && score <= 1, String(score));
  });

  it("reads a file, a pipe or - line by line, empty lines too", async () => {
    const file = join(folder, "waybills.txt");
    const content = `${TEXT}\r\n\n${OTHER}`;
    await writeFile(file, content);
    const outcomes = await Promise.all([
      electraEdge(["run", MODEL, file, "--format", "ndjson"]),
      electraEdge(["run", MODEL, "-", "--format", "ndjson"], { input: content }),
      electraEdge(["run", MODEL, "--format", "ndjson"], { input: content }),
    ]);
    for (const { stdout, stderr } of outcomes) {
      assert.equal(stderr, "");
      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Line);
      assert.deepEqual(
        lines.map(({ text }) => text),
        [TEXT, "", OTHER],
      );
      assert.deepEqual(brief(lines[0]!), FOUND);
      assert.deepEqual(lines[1]!.entities, []);
      assert.equal(lines[2]!.entities[0]!.word, "李四");
    }
  });

  it("answers each line before it asks for the next", { timeout: 60_000 }, async () => {
    const child = start(["run", MODEL, "--format", "ndjson"]);
    for (const text of [TEXT, OTHER]) {
      child.stdin.write(`${text}\n`);
      const [chunk] = await once(child.stdout, "data");
      assert.equal((JSON.parse(String(chunk)) as Line).text, text);
    }
    child.stdin.end();
    assert.deepEqual(await once(child, "close"), [0, null]);
  });

  it("prints an empty JSON list and a whole page for no lines at all", async () => {
    assert.equal((await electraEdge(["run", MODEL, "-", "--format", "json"])).stdout, "[]\n");
    const { stdout } = await electraEdge(["run", MODEL, "-", "--format", "html"]);
    assert.match(stdout, /^<!doctype html>[\s\S]*<\/html>\n$/u);
  });

  it("prints CoNLL columns that evaluate can read", async () => {
    const { stdout } = await electraEdge(["run", MODEL, "--format", "conll"], {
      input: `${TEXT}\n${OTHER}\n`,
    });
    assert.match(stdout, /^张\tB-P\n三\tI-P\n1\tB-T\n8\tI-T\n/u);
    const { form, examples } = parseDataset(stdout, "out.conll");
    assert.equal(form, "conll");
    assert.deepEqual(
      examples.map(({ text }) => text),
      [TEXT, OTHER],
    );
  });

  it("gives words their lines where the model's tokens are word pieces", async () => {
    const model = join(folder, "words.safetensors");
    await convertDirectory(join(HEADS, "token-classification"), model);
    const { stdout, stderr } = await electraEdge(["run", model, "Hello, 世界!", "--format", "conll"]);
    assert.equal(stderr, "");
    assert.deepEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t")[0]),
      ["Hello", ",", "世", "界", "!"],
    );
  });

  it("passes the aggregation strategy and the labels to ignore on", async () => {
    const [tokens, without] = await Promise.all([
      electraEdge(["run", MODEL, TEXT, "--format", "json", "--aggregation-strategy", "none"]),
      electraEdge(["run", MODEL, TEXT, "--format", "json", "--ignore-labels", "O,A4,T"]),
    ]);
    const [{ entities }] = JSON.parse(tokens.stdout);
    assert.equal(entities.length, TEXT.length);
    assert.equal(entities[0].entity, "B-P");
    assert.equal(entities[0].index, 1);
    assert.deepEqual(
      brief(JSON.parse(without.stdout)[0]).map(([type]) => type),
      ["P", "A1", "A2", "A3"],
    );
  });

  it("takes lines that are longer than the model", async () => {
    const input = `${TEXT}\n${`${TEXT}。`.repeat(60)}\n`;
    const { code, stdout, stderr } = await electraEdge(["run", MODEL, "--format", "ndjson"], { input });
    assert.equal(code, 0, stderr);
    const [first, long] = stdout.split("\n", 2).map((line) => JSON.parse(line));
    assert.equal(first.text, TEXT);
    assert.equal(long.text.length, 60 * (TEXT.length + 1));
    const ends = long.entities.map(({ end }: { end: number }) => end);
    assert.ok(Math.max(...ends) > 55 * TEXT.length, `${Math.max(...ends)}`);
  });

  it("names the line that is not text", async () => {
    const gbk = await electraEdge(["run", MODEL], { input: Uint8Array.of(0xd5, 0xc5, 0x0a) });
    assert.equal(gbk.code, 1);
    assert.equal(gbk.stderr, "electra-edge: standard input:1: is not UTF-8 text\n");
  });

  it("is quiet when its reader goes away", { timeout: 60_000 }, async () => {
    const child = start(["run", MODEL, "--format", "ndjson"]);
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdin.on("error", () => {});
    child.stdin.end(`${OTHER}\n`.repeat(5000));
    await once(child.stdout, "data");
    child.stdout.destroy();
    assert.deepEqual(await once(child, "close"), [0, null]);
    assert.equal(stderr, "");
  });

  it("ranks a text's readings", async () => {
    const text = "海南张三13800000000";
    const table = await electraEdge(["run", MODEL, text, "--n-best", "3"]);
    assert.equal(table.stderr, "");
    const [first, ...others] = table.stdout.trimEnd().split("\n");
    assert.match(first!, /^ 0\.\d{4} {2}\[海南张三 P\]\[13800000000 T\]$/u);
    assert.equal(others.length, 2);

    const json = await electraEdge(["run", MODEL, text, "--n-best", "3", "--format", "json"]);
    const [{ readings }] = JSON.parse(json.stdout) as [{ readings: { score: number; labels: string[] }[] }];
    const scores = readings.map(({ score }) => score);
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => b - a),
    );
    assert.equal(readings[0]!.labels.length, text.length);

    const html = await electraEdge(["run", MODEL, text, "--n-best", "3", "--format", "html"]);
    assert.equal(html.code, 2);
    assert.match(html.stderr, /--format html/);
  });

  it("keeps to the scheme, or to the constraints of a file", async () => {
    const text = "海南张三13800000000";
    const file = join(folder, "constraints.json");
    await writeFile(file, JSON.stringify({ fixed: [{ start: 0, end: 2, entity_group: "A1" }] }));
    const found = async (what: string) => {
      const { stdout } = await electraEdge(["run", MODEL, text, "--constrain", what, "--format", "ndjson"]);
      return brief(JSON.parse(stdout) as Line).map(([type, word]) => `${word} ${type}`);
    };
    assert.deepEqual(await found("scheme"), ["海南张三 P", "13800000000 T"]);
    assert.deepEqual(await found(file), ["海南 A1", "张三 P", "13800000000 T"]);

    await writeFile(file, "{");
    for (const what of [file, join(folder, "none.json")]) {
      const { code, stderr } = await electraEdge(["run", MODEL, text, "--constrain", what]);
      assert.equal(code, 2);
      assert.match(stderr, what === file ? /constraints\.json: not JSON/ : /none\.json/);
    }
    await writeFile(
      file,
      JSON.stringify({
        forbid: [
          [null, "B-P"],
          ["nobody", null],
        ],
      }),
    );
    const { code, stderr } = await electraEdge(["run", MODEL, "-", "--constrain", file], { input: "张三\n" });
    assert.equal(code, 1);
    assert.match(stderr, /:1: constraints\.forbid must be one of .*nobody/);
  });
});
