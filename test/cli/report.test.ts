import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { finetuneOptions } from "../../src/cli/training/finetune-options.ts";
import { rerunCommand } from "../../src/cli/training/rerun-command.ts";
import { electraEdge, MADE_UP } from "./electra-edge.ts";

const TINY =
  "--layers 1 --hidden-size 32 --heads 2 --intermediate-size 64 --embedding-size 16 --threads 1".split(" ");

describe("the report of a run", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-report-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function train(name: string, ...options: readonly string[]) {
    const run = join(folder, name);
    const output = join(folder, `${name}.safetensors`);
    const args = ["finetune", "-o", output, "--run", run, ...TINY, ...options];
    const { code, stdout, stderr } = await electraEdge(args);
    assert.equal(code, 0, stderr);
    const result = JSON.parse(await readFile(join(run, "result.json"), "utf8"));
    return { run, output, stdout, result };
  }

  it("ends a tagger's run with what evaluate finds in the file that it wrote", async () => {
    const data = ["--train", MADE_UP, "--dev", MADE_UP];
    const settings = ["--epochs", "3", "--seeds", "1,2", "--learning-rate", "5e-3", "--dtype", "int8"];
    const { run, output, stdout, result } = await train("tagger", ...data, ...settings);
    const path = join(run, "report.html");
    assert.equal(result.report, path);
    assert.match(stdout, new RegExp(`wrote ${path}\n$`, "u"));

    const evaluated = JSON.parse(
      (await electraEdge(["evaluate", output, "--data", MADE_UP, "--json"])).stdout,
    );
    const { precision, recall, f1, support, types } = result.dev;
    assert.deepEqual(
      { precision, recall, f1, support, types },
      {
        precision: evaluated.precision,
        recall: evaluated.recall,
        f1: evaluated.f1,
        support: evaluated.support,
        types: evaluated.types,
      },
    );
    assert.ok(f1 > 0.05, `nothing was learnt: F1 ${f1}`);
    assert.ok(result.dev.calibrationError > 0 && result.dev.calibrationError < 1);
    assert.ok(result.dev.bestThreshold.f1 >= f1);

    const html = await readFile(path, "utf8");
    assert.match(html, new RegExp(`<dd class="value">${f1.toFixed(4)}</dd>`, "u"));
    assert.match(html, /<mark class="wrong"/u);
    assert.match(html, /200 of dev.txt/u);

    // Made anew from the folder it is the same, and without texts it holds none.
    const again = join(folder, "again.html");
    const { code, stdout: printed } = await electraEdge(["report", run, "-o", again, "--json"]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(printed), { report: again, dev: result.dev });
    assert.equal(await readFile(again, "utf8"), html);
    await electraEdge(["report", run, "-o", again, "--no-text"]);
    assert.doesNotMatch(await readFile(again, "utf8"), /\p{Script=Han}/u);
  });

  it("judges words of several pieces as training did, from nothing and from a model", async () => {
    const names = ["Anneliese", "Bartholomew", "Clementine", "Dagobert", "Eleonore"];
    const verbs = ["visited", "remembered", "congratulated"];
    const sentences = Array.from({ length: 60 }, (_, i) => {
      const [one, other] = [names[i % 5]!, names[(i * 3 + 1) % 5]!];
      return `yesterday O\n${one} B-PER\n${other} I-PER\n${verbs[i % 3]} O\n${names[(i * 2) % 5]} B-PER\n`;
    });
    const data = join(folder, "names.conll");
    await writeFile(data, sentences.join("\n"));
    const options = ["--train", data, "--dev", data, "--epochs", "2", "--learning-rate", "5e-3"];
    const pieces = ["--tokenizer", "wordpiece", "--vocab-size", "60"];
    for (const head of ["crf", "softmax"]) {
      const fresh = await train(`${head}-fresh`, ...options, ...pieces, "--head", head);
      const again = await train(`${head}-again`, ...options, "--head", head, "--model", fresh.output);
      for (const { result } of [fresh, again]) {
        assert.ok(result.dev.f1 > 0.1, `${head}: nothing was learnt: F1 ${result.dev.f1}`);
        assert.equal(result.dev.f1, result.results[0].score, head);
      }
    }
  });

  it("judges a classifier by its best weights, and keeps to --no-text", async () => {
    const lines = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0 ? `what a fine film ${i}\tgood` : `what a dull film ${i}\tpoor`,
    );
    const data = join(folder, "films.tsv");
    await writeFile(data, `sentence\tlabel\n${lines.join("\n")}\n`);
    const options = ["--train", data, "--dev", data, "--head", "sequence", "--no-text"];
    const { run, result } = await train("films", ...options, "--epochs", "3");
    assert.equal(result.dev.f1, result.results[0].score);
    assert.deepEqual(Object.keys(result.dev.types), ["good", "poor"]);
    const html = await readFile(result.report, "utf8");
    assert.match(html, /<dt>accuracy<\/dt>/u);
    assert.doesNotMatch(html, /what a|boundary/u);
    await electraEdge(["report", run]);
    assert.equal(await readFile(result.report, "utf8"), html);
  });

  it("shows the curves so far of a run that has no result yet", async () => {
    const { run } = await train("cut", "--train", MADE_UP, "--dev", MADE_UP, "--epochs", "1");
    await rm(join(run, "result.json"));
    await rm(join(run, "report.html"));
    const { code, stdout } = await electraEdge(["report", run, "--json"]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { report: join(run, "report.html") });
    const html = await readFile(join(run, "report.html"), "utf8");
    assert.match(html, /has not come to its end/u);
    assert.match(html, /<title id="loss-title">Loss<\/title>/u);
  });

  it("says what is missing", async () => {
    const { code, stderr } = await electraEdge(["report", join(folder, "nowhere")]);
    assert.equal(code, 1);
    assert.match(stderr, /nowhere: holds no run/u);

    const { run, output } = await train("gone", "--train", MADE_UP, "--dev", MADE_UP, "--epochs", "1");
    await rm(output);
    const gone = await electraEdge(["report", run]);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /gone\.safetensors/u);
    assert.ok(existsSync(join(run, "report.html")));
  });
});

describe("the command that runs it again", () => {
  type Options = Parameters<typeof rerunCommand>[0];
  const presets = Object.fromEntries(
    finetuneOptions().map((option) => [option.attributeName(), option.negate ? true : option.defaultValue]),
  );

  it("gives what differs from the defaults, quoted for a shell", () => {
    const options = {
      ...presets,
      train: "my data/train.txt",
      dev: "dev.txt",
      output: "out/it's.safetensors",
      seeds: [3, 4],
      layers: 2,
      text: false,
    } as unknown as Options;
    assert.equal(
      rerunCommand(options, "runs/it's"),
      `electra-edge finetune --train 'my data/train.txt' --dev dev.txt --output 'out/it'\\''s.safetensors' --layers 2 --seeds 3,4 --no-text`,
    );
    assert.match(rerunCommand(options, "elsewhere"), / --run elsewhere$/u);
  });
});
