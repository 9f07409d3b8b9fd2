import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { renderChart } from "../../bench/peers/chart.ts";
import { compare, interleave, median } from "../../bench/peers/measure.ts";
import { renderRows } from "../../bench/peers/report.ts";
import { styleFor } from "../../src/cli/terminal.ts";

const PLACE = { figure: "f32/ort-web-f32", shape: "small", tokens: 128, threads: 1 };

describe("the bench's own arithmetic", () => {
  test("contenders take turns, one round uncounted, as many rounds as asked for", async () => {
    const order: string[] = [];
    const contender = (name: string) => ({ name, run: async () => order.push(name) });
    const effort = { budget: 0, fewest: 3, most: 9 };
    const timings = await interleave([contender("a"), contender("b")], effort);
    assert.equal(order.join(""), "ab".repeat(4));
    assert.deepEqual(
      [...timings].map(([name, times]) => [name, times.length]),
      [
        ["a", 3],
        ["b", 3],
      ],
    );
  });

  test("a ratio is the median of each round's, not the ratio of medians", () => {
    const timings = new Map([
      ["ours", [10, 20, 100]],
      ["peer", [20, 50, 150]],
    ]);
    const [row, ...rest] = compare(timings, ["ours", "peer"], PLACE);
    assert.deepEqual(row, { ...PLACE, ours_ms: 20, peer_ms: 50, ratio: 2 });
    assert.deepEqual(rest, []);
    assert.deepEqual(Object.keys(row!), [
      "figure",
      "shape",
      "tokens",
      "threads",
      "ours_ms",
      "peer_ms",
      "ratio",
    ]);
  });

  test("what could not be timed gets no row", () => {
    assert.deepEqual(compare(new Map([["ours", [1]]]), ["ours", "peer"], PLACE), []);
  });

  test("the median of an even number lies between the middle two", () => {
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([3, 1, 2]), 2);
  });

  test("table and chart show each row once, memory in megabytes", () => {
    const rows = [
      { ...PLACE, ours_ms: 50, peer_ms: 100, ratio: 2 },
      { ...PLACE, figure: "int8/ort-web-int8", ours_ms: 25, peer_ms: 60, ratio: 2.4 },
      { ...PLACE, figure: "memory", ours_ms: 33, peer_ms: 200, ratio: 6 },
    ];
    const table = renderRows(rows, styleFor({}, { NO_COLOR: "1" }));
    assert.match(table, /f32\/ort-web-f32 +small +128 +1 +50\.0 ms +100 ms +2\.00×/);
    assert.match(table, /memory .* 33\.0 MB +200 MB/);
    const bars = [...renderChart(rows).matchAll(/class="(ours|peer)".*?width="([\d.]+)"/g)];
    assert.deepEqual(
      bars.map(([, side, width]) => [side, Number(width)]),
      [
        ["ours", 107.5],
        ["ours", 215],
        ["peer", 258],
        ["peer", 430],
      ],
    );
  });
});
