import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { renderAnswers } from "../../src/cli/render/answers.ts";
import { renderReplacements, replacementsArticle } from "../../src/cli/render/replacements.ts";
import { bar, renderScoreRows } from "../../src/cli/render/scores-table.ts";
import { type Style, styleFor } from "../../src/cli/terminal.ts";
import { assertClose, convertHead, golden } from "../pipelines/heads.ts";
import { electraEdge, MODEL } from "./electra-edge.ts";

const plain: Style = styleFor({}, {});
const colored: Style = styleFor({ isTTY: true, columns: 80 }, {});
const { text, pair, masked, masked_twice: twice } = golden.texts;

describe("electra-edge run, by the model's task", () => {
  let folder: string;
  const model = (name: string) => join(folder, `${name}.safetensors`);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-run-"));
    for (const name of [
      "sequence-classification",
      "multiple-choice",
      "question-answering",
      "masked-lm",
      "pretraining",
    ]) {
      await writeFile(model(name), await convertHead(name));
    }
  });
  after(() => rm(folder, { recursive: true }));

  const run = async (...args: string[]) => {
    const { stdout, stderr } = await electraEdge(["run", ...args]);
    assert.equal(stderr, "");
    return stdout;
  };
  const json = async (...args: string[]) => JSON.parse(await run(...args, "--format", "json"));

  it("classifies a text, or a pair, with a bar for each label", async () => {
    const { labels } = (await json(model("sequence-classification"), text))[0];
    assertClose(labels, golden["text-classification"].text);
    const paired = await json(model("sequence-classification"), text, "--pair", pair, "--top-k", "1");
    assertClose(paired, [{ text, labels: golden["text-classification"].pair.slice(0, 1) }]);
    const lines = (await run(model("sequence-classification"), text)).split("\n");
    assert.equal(lines[0], text);
    assert.match(lines[4]!, /^ positive {2}0\.9348 {2}█{18}▊$/u);
    assert.equal(lines.length, 8);
  });

  it("ranks choices, answers questions, fills masks", async () => {
    const choices = await json(model("multiple-choice"), text, "--choices", "a b", "★ 3");
    assert.deepEqual(choices[0].choices.map(({ index }: { index: number }) => index).sort(), [0, 1]);
    const [{ answers }] = await json(model("question-answering"), text, "--question", "x ?", "--top-k", "3");
    assert.equal(answers.length, 3);
    for (const { answer, start, end } of answers) assert.equal(answer, text.slice(start, end));
    const [{ masks }] = await json(model("masked-lm"), masked);
    assert.equal(masks.length, 5);
    const filled = (await run(model("masked-lm"), twice, "--top-k", "2")).split("\n");
    assert.equal(filled.filter((line) => line.startsWith(" token")).length, 2);
    const only = await json(model("masked-lm"), masked, "--targets", "う", "3");
    assert.deepEqual(only[0].masks.map(({ token_str }: { token_str: string }) => token_str).sort(), [
      "3",
      "う",
    ]);
  });

  it("shows what looks replaced, line by line, and as a page", async () => {
    const { stdout } = await electraEdge(["run", model("pretraining"), "--format", "ndjson"], {
      input: `${text}\n\n${pair}\n`,
    });
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => line.text),
      [text, "", pair],
    );
    assert.equal(lines[0].tokens.length, golden["replaced-token-detection"].length);
    const above = await json(model("pretraining"), text, "--threshold", "0.12");
    assert.ok(above[0].tokens.every(({ score }: { score: number }) => score >= 0.12));
    const page = await run(model("pretraining"), text, "--format", "html");
    assert.match(page, /^<!doctype html>[\s\S]*<mark style="--p: 0\.\d{3}"[\s\S]*<\/html>\n$/u);
  });

  it("gives the features of a model for any task", async () => {
    const [{ features }] = await json(MODEL, "张三", "--task", "feature-extraction", "--normalize");
    assert.deepEqual(features.dims, [1, 256]);
    assert.ok(Math.abs(Math.hypot(...features.data) - 1) < 1e-5);
    const table = await run(MODEL, "张三", "--task", "feature-extraction", "--pooling", "none");
    assert.match(table, /^\[1, 4, 256\] {2}-?\d\.\d{4}, .*…\n$/u);
  });

  it("says what it lacks, and what the model has no use for", async () => {
    for (const [args, message] of [
      [[model("question-answering"), text], /needs --question/],
      [[model("multiple-choice"), text], /needs --choices/],
      [[model("masked-lm"), masked, "--threshold", "0.3"], /--threshold is for replaced-token-detection/],
      [
        [MODEL, text, "--question", "谁?"],
        /--question is for question-answering, and this model is for token-class/,
      ],
      [[model("masked-lm"), masked, "--format", "html"], /--format html is for/],
      [[model("masked-lm"), masked, "--format", "conll"], /--format conll is for token-classification/],
      [[model("masked-lm"), masked, "--top-k", "none"], /whole number from 1 on, or "all"/],
    ] as const) {
      const { code, stderr } = await electraEdge(["run", ...args]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
    const none = await electraEdge(["run", model("masked-lm"), "-"], { input: `${masked}\nabc\n` });
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^electra-edge: standard input:2: the text has no \[MASK\] to fill\n$/);
  });
});

describe("bars", () => {
  it("are as long as a probability, to an eighth of a character", () => {
    assert.equal(bar(0), "");
    assert.equal(bar(1), "█".repeat(20));
    assert.equal(bar(0.5), "█".repeat(10));
    assert.equal(bar(1 / 160), "▏");
    assert.equal(bar(-3), "");
    assert.equal(bar(7.2), "");
    assert.equal(bar(Number.NaN), "");
  });

  it("stand beside names that can't move the cursor", () => {
    const table = renderScoreRows("label", "text", [{ name: "a\x1b[2J", score: 0.5, note: "b\r\nc" }], plain);
    assert.match(table, /^ a␛\[2J {2}0\.5000 {2}█{10} {2}b␍␊c$/mu);
  });
});

describe("tokens that look replaced", () => {
  const sentence = "我在吃反\x07";
  const tokens = [0.01, 0.2, 0.4, 0.97, 0.5].map((score, i) => {
    return { score, index: i + 1, word: sentence[i]!, start: i, end: i + 1 };
  });

  it("are the stronger coloured the likelier, or in brackets", () => {
    assert.match(renderReplacements(sentence, tokens, plain), /^我在吃\[反 0\.97\]\[␇ 0\.50\]\n\n token /u);
    assert.match(
      renderReplacements(sentence, tokens, colored),
      /^我\x1b\[48;5;229m\x1b\[38;5;16m在\x1b\[0m\x1b\[48;5;221m\x1b\[38;5;16m吃\x1b\[0m\x1b\[48;5;196m/u,
    );
    assert.match(renderReplacements("我", tokens.slice(0, 1), plain), /^我\n\n nothing looks replaced\n$/u);
  });

  it("are marked on a page whatever the text holds", () => {
    const hostile = "<b>&";
    const [article] = [
      replacementsArticle(hostile, [{ score: 0.9, index: 1, word: "<b>", start: 0, end: 3 }]),
    ];
    assert.match(
      article!,
      /<mark class="suspect" style="--p: 0\.900" title="0\.900">&lt;b&gt;<\/mark>&amp;/u,
    );
  });
});

describe("answers", () => {
  const context = "张三写了这本书";
  const answers = [
    { score: 0.75, start: 0, end: 2, answer: "张三" },
    { score: 0.2, start: 0, end: 0, answer: "" },
  ];

  it("stand in their context, the best one marked", () => {
    const [marked, , , , first, second] = renderAnswers(context, answers, plain).split("\n");
    assert.equal(marked, "[张三]写了这本书");
    assert.match(first!, /^ 张三 +0–2 {2}0\.7500 {2}█{15}$/u);
    assert.match(second!, /^ no answer +0\.2000 {2}████$/u);
  });
});
