import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pipeline } from "../../src/index.node.ts";
import { randomModel } from "../model/random-model.ts";
import { electraEdge } from "./electra-edge.ts";

describe("evaluate, by the model's task", () => {
  let folder = "";
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("counts classes", async () => {
    const model = await write("classes.safetensors", randomModel({ task: "text-classification" }));
    const classify = await pipeline("text-classification", model);
    const texts = ["abc", "张三", "q r s", "zyx", "李四省"];
    const found: string[] = [];
    for (const text of texts) found.push((await classify(text))[0]!.label);
    // All but the first are as the model says.
    const wrong = classify.model.metadata.labels.find((label) => label !== found[0])!;
    const labels = [wrong, ...found.slice(1)];
    const data = await write("dev.tsv", texts.map((text, i) => `${text}\t${labels[i]}\n`).join(""));
    const json = await electraEdge(["evaluate", model, "--data", data, "--json"]);
    assert.equal(json.code, 0, json.stderr);
    const scores = JSON.parse(json.stdout);
    assert.equal(scores.accuracy, 0.8);
    assert.equal(scores.examples, 5);
    assert.equal(scores.classes[wrong].support, labels.filter((label) => label === wrong).length);
    const { stdout } = await electraEdge(["evaluate", model, "--data", data]);
    assert.match(stdout, /^ class +precision +recall +F1 +support\n/u);
    assert.match(stdout, /\n accuracy 0\.8000, Matthews -?\d\.\d{4}\n 5 texts, /u);
    classify.dispose();
  });

  it("compares answers, as CMRC does where they are Chinese", async () => {
    const model = await write("answers.safetensors", randomModel({ task: "question-answering" }));
    const ask = await pipeline("question-answering", model);
    const context = "张三李四 abc 省市 def";
    const right = (await ask({ question: "abc", context })).answer;
    const qas = [
      { question: "abc", answers: [{ text: right }] },
      { question: "张三", answers: [{ text: "王五" }] },
    ];
    const data = await write("dev.json", JSON.stringify({ data: [{ paragraphs: [{ context, qas }] }] }));
    const { code, stdout, stderr } = await electraEdge(["evaluate", model, "--data", data, "--json"]);
    assert.equal(code, 0, stderr);
    const { exactMatch, questions, metric } = JSON.parse(stdout);
    assert.deepEqual({ exactMatch, questions, metric }, { exactMatch: 0.5, questions: 2, metric: "cmrc" });
    const shown = await electraEdge(["evaluate", model, "--data", data]);
    assert.match(shown.stdout, /^ exact match 50\.00, F1 50\.00\n 2 questions, as CMRC 2018 does it, /u);
    ask.dispose();
  });
});
