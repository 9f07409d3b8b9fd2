import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { renderChart } from "../../bench/leaderboard/chart.ts";
import { rankOf } from "../../bench/leaderboard/filling.ts";
import { placesIn } from "../../bench/leaderboard/plain-texts.ts";
import { type Board, type BoardRow, renderBoards, renderMarkdown } from "../../bench/leaderboard/report.ts";
import { logitsOf } from "../../bench/leaderboard/trial.ts";
import { replaceBetweenMarks } from "../../bench/peers/page.ts";
import { styleFor } from "../../src/cli/terminal.ts";

const ROW: BoardRow = {
  engine: "electra-edge int8, simd",
  runtime: "electra-edge",
  score: 0.9957,
  score_without_crf: undefined,
  bytes: 4_540_000,
  ms: 2.5,
  ratio: 1,
  memory_bytes: 13_300_000,
  start_ms: 35.4,
};
const peer = (engine: string, row: Partial<BoardRow>): BoardRow => ({
  ...ROW,
  runtime: "onnxruntime-web",
  engine,
  ...row,
});
const BOARD: Board = {
  model: "waybill-zh",
  task: "token-classification",
  metric: "F1",
  counted: "200 texts, 1,167 entities",
  too_long: 0,
  rows: [
    ROW,
    peer("onnxruntime-web int8", { ms: 5, score: 0.99, score_without_crf: 0.4097, memory_bytes: 133e6 }),
    peer("onnxruntime-web fp32", { ms: 10, score: 0.9957, score_without_crf: 0.411 }),
  ],
};

describe("the leaderboard's tables", () => {
  test("a row says score, bytes, time, memory and start; the peers' score is the one with the CRF", () => {
    const table = renderBoards([BOARD], styleFor({}, { NO_COLOR: "1" }));
    assert.match(table, /^waybill-zh, token-classification: 200 texts, 1,167 entities\n/);
    assert.match(table, /electra-edge int8, simd +0\.9957 +4\.54 MB +2\.50 +1\.00 +13\.3 MB +35 ms/);
    assert.match(table, /onnxruntime-web int8 +0\.9900/);
    assert.match(table, /by their likeliest labels alone it is 0\.4097 to 0\.4110\.\n$/);
  });

  test("a page shows ours in bold", () => {
    const page = renderMarkdown([BOARD]);
    assert.match(page, /^### waybill-zh, /);
    assert.match(
      page,
      /\n\| \*\*electra-edge int8, simd\*\* \| 0\.9957 \| 4\.54 MB \| 2\.50 \| 1\.00 \| 13\.3 MB \| 35 ms \|\n/,
    );
    assert.match(page, /\n\| onnxruntime-web int8 \| /);
  });

  test("texts left out are counted, and nothing is said of a CRF where there is none", () => {
    const page = renderMarkdown([{ ...BOARD, too_long: 3, rows: [ROW] }]);
    assert.match(page, /1,167 entities; too long for one run and left out: 3\n/);
    assert.doesNotMatch(page, /CRF/);
  });

  test("the picture shows small storage alone, the quickest first, then the first model's memory", () => {
    const svg = renderChart([{ ...BOARD, rows: BOARD.rows.toReversed() }]);
    const bars = [...svg.matchAll(/class="(ours|peer)".*?width="([\d.]+)"/g)];
    assert.deepEqual(
      bars.map(([, side, width]) => [side, Number(width)]),
      [
        ["ours", 215],
        ["peer", 430],
        ["ours", 43],
        ["peer", 430],
      ],
    );
    assert.match(svg, /waybill-zh \(F1 0\.9900 to 0\.9957\)/);
    assert.doesNotMatch(svg, /fp32/);
  });
});

describe("the leaderboard's page", () => {
  test("what stands between a command's marks is replaced, and nothing else", () => {
    const page = "a\n<!-- x: begin -->\n\nold\n<!-- end -->\nb\n<!-- y: begin -->\n\nkept\n<!-- end -->\n";
    assert.equal(
      replaceBetweenMarks(page, "x", "new\n"),
      "a\n<!-- x: begin -->\n\nnew\n\n<!-- end -->\nb\n<!-- y: begin -->\n\nkept\n<!-- end -->\n",
    );
    assert.throws(() => replaceBetweenMarks(page, "z", "new"), /no "<!-- z: begin -->"/);
  });

  test("docs/benchmarks.md has the marks that --write looks for", async () => {
    const page = await readFile(new URL("../../docs/benchmarks.md", import.meta.url), "utf8");
    for (const command of ["npm run bench -- --write", "npm run bench:leaderboard -- --write"]) {
      assert.match(replaceBetweenMarks(page, command, "measured anew"), /\n\nmeasured anew\n<!-- end -->/);
    }
  });
});

describe("the leaderboard's questions", () => {
  test("places are those of known ideographs, one of so many, in UTF-16 units", () => {
    const known = new Set(["一", "二", "三", "四"]);
    assert.deepEqual(placesIn("一a二😀三五四", known, 2), [2, 7]);
    assert.deepEqual(placesIn("一", known, 2), []);
  });

  test("a rank counts the better ones, ties not among them", () => {
    assert.equal(rankOf(2, [0.5, 3, 0.5, -1]), 1);
    assert.equal(rankOf(1, [0.5, 3, 0.5, -1]), 0);
  });

  test("a graph's scores are a row a token, and one number where it has no last dimension", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    assert.equal(logitsOf({ logits: { data, dims: [1, 2, 3] } }).width, 3);
    assert.equal(logitsOf({ logits: { data, dims: [1, 6] } }).width, 1);
  });
});
