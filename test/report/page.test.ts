import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { curvesOf } from "../../src/report/curves.ts";
import { judge } from "../../src/report/judgement.ts";
import { renderReport } from "../../src/report/page.ts";
import { LOG, REPORT } from "./sample.ts";

describe("renderReport", () => {
  const html = renderReport(REPORT);

  it("stands alone: no script, no address, a policy that allows neither", () => {
    assert.match(html, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/u);
    assert.doesNotMatch(html, /<script|<link|<img|<iframe|url\(|@import|https?:/iu);
    for (const [, target] of html.matchAll(/href="([^"]*)"/gu)) assert.match(html, idOf(target!));
  });

  const idOf = (target: string) => new RegExp(`id="${target.slice(1)}"`, "u");

  it("escapes what comes from outside", () => {
    assert.match(html, /<h1>a&lt;b<\/h1>/u);
    assert.match(html, /&lt;script&gt;alert\(&quot;&amp;&quot;\)&lt;\/script&gt;\uFFFD/u);
    assert.match(html, /P&amp;Q/u);
    assert.match(html, /--train &#39;a b&#39; &amp;&amp; true/u);
    assert.doesNotMatch(html, /\u202e/u);
  });

  it("shows the figures, the seeds' mean and deviation, and what is wrong", () => {
    assert.match(html, /<dd class="value">0.5000<\/dd>/u);
    assert.match(html, /mean dev F1 of 2 seeds, ± 0.2121/u);
    assert.match(html, /<h3>line 17 <span class="quiet">· 1 error<\/span><\/h3>/u);
    assert.match(
      html,
      /<mark class="wrong" style="--hue: 255">张三<span class="label">! P&amp;Q<\/span><\/mark>/u,
    );
    assert.match(
      html,
      /<mark class="wrong" style="--hue: 255">张<span class="label">✗ P&amp;Q<\/span><\/mark>/u,
    );
    assert.match(html, /boundary of .*“?<q lang="zh">张<\/q> <span class="quiet">0.875<\/span> in place of/u);
    assert.doesNotMatch(html, /line 18/u);
  });

  it("can be read without eyes: every chart has a title, every table headers and a caption", () => {
    const charts = html.match(/<svg viewBox[^>]*role="img"[\s\S]*?<\/svg>/gu)!;
    assert.equal(charts.length, 6);
    for (const chart of charts) {
      const [, title, description] = /aria-labelledby="(\S+) (\S+)"/u.exec(chart)!;
      assert.match(
        chart,
        new RegExp(`<title id="${title}">[^<]+</title><desc id="${description}">[^<]+</desc>`, "u"),
      );
    }
    for (const table of html.match(/<table>[\s\S]*?<\/table>/gu)!) {
      assert.match(table, /<caption><span>[^<]+<\/span><\/caption>/u);
      const columns = table.match(/<th scope="col"/gu)!.length;
      const rows = table.match(/<tr>/gu)!.length - 1;
      assert.equal(table.match(/<th scope="row"/gu)!.length, rows);
      assert.equal(table.match(/<td/gu)!.length, rows * (columns - 1));
    }
    const ids = Array.from(html.matchAll(/ id="([^"]*)"/gu), ([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.doesNotMatch(html, /NaN|undefined|Infinity/u);
  });

  it("tells seeds apart by dashes, not by colour alone", () => {
    assert.match(html, /--dash: none/u);
    assert.match(html, /--dash: 7 3/u);
  });

  it("leaves every text out where it is told to", () => {
    const without = renderReport({ ...REPORT, text: false });
    assert.doesNotMatch(without, /[张三李四]|alert/u);
    assert.match(without, /17<\/th><td>boundary of .* <span class="quiet">0–1<\/span>/u);
  });

  it("shows the curves so far of a run that goes on, down to its first step and before", () => {
    const { judged, ...rest } = REPORT;
    for (const length of [0, 1, 4, 5, 9]) {
      const curves = curvesOf(LOG.slice(0, length));
      const html = renderReport({ ...rest, curves, outcomes: [], judged: undefined });
      assert.match(html, /has not come to its end/u);
      assert.doesNotMatch(html, /NaN|undefined|Infinity|Worst errors/u);
      if (length > 0) assert.match(html, /, so far<\/th>/u);
    }
  });

  it("says so where nothing is wrong, and where nothing was found", () => {
    const text = { text: "李四", line: 1, expected: [{ type: "T", start: 0, end: 2 }] };
    const right = judge([{ ...text, found: [{ type: "T", start: 0, end: 2, probability: 1 }] }]);
    const page = (judgement: typeof right) =>
      renderReport({ ...REPORT, judged: { model: "m", dev: "d", judgement } });
    assert.match(page(right), /Nothing is wrong in 1 text\./u);
    const nothing = page(judge([{ ...text, found: [] }]));
    assert.match(nothing, /missed/u);
    assert.doesNotMatch(nothing, /NaN|undefined|Infinity/u);
  });

  it("shows a classifier's labels without outcomes that texts can't have", () => {
    const found = (type: string, probability: number) => [{ type, start: 0, end: 2, probability }];
    const judgement = judge([
      { text: "ab", line: 1, expected: [{ type: "1", start: 0, end: 2 }], found: found("0", 0.75) },
      { text: "cd", line: 2, expected: [{ type: "1", start: 0, end: 2 }], found: found("1", 0.8) },
    ]);
    const html = renderReport({
      ...REPORT,
      task: "classes",
      types: ["0", "1"],
      judged: { model: "m", dev: "d", judgement },
    });
    assert.match(html, /<dt>accuracy<\/dt><dd class="value">0.5000/u);
    assert.doesNotMatch(html, /boundary|missed|spurious/u);
    assert.match(html, /<p class="text">ab<\/p>/u);
  });

  it("gives the most frequent confusions where a matrix would be too large", () => {
    const types = Array.from({ length: 25 }, (_, i) => `class ${i}`);
    const judgement = judge(
      types.map((type, i) => ({
        text: "ab",
        line: i + 1,
        expected: [{ type, start: 0, end: 2 }],
        found: [{ type: types[0]!, start: 0, end: 2, probability: 0.5 }],
      })),
    );
    const html = renderReport({
      ...REPORT,
      task: "classes",
      types,
      judged: { model: "m", dev: "d", judgement },
    });
    assert.match(html, /<caption><span>Most frequent confusions<\/span>/u);
    assert.doesNotMatch(html, /Confusion matrix/u);
  });
});
