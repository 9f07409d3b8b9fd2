import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { noFileBeyond } from "../faults/faults.ts";
import { cutOff as cutOffRun, logOf } from "./cut-off.ts";
import { electraEdge, fail, MADE_UP, succeed } from "./electra-edge.ts";

/** A network that learns in a second. */
const TINY = "--layers 1 --hidden-size 32 --heads 2 --intermediate-size 64 --embedding-size 16".split(" ");

describe("electra-edge finetune", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-finetune-"));
  });
  after(() => rm(folder, { recursive: true }));

  const at = (name: string) => join(folder, name);

  /** The arguments of a run of that name, over the made-up waybills. */
  const runOf = (name: string, ...more: string[]) => [
    ...["finetune", "--train", MADE_UP, "--dev", MADE_UP],
    ...["-o", at(`${name}.safetensors`), "--run", at(name), ...TINY, ...more],
  ];

  const modelOf = (name: string) => readFile(at(`${name}.safetensors`));
  const lossesOf = async (name: string) =>
    (await logOf(at(name))).map(({ seed, step, loss }) => ({ seed, step, loss }));

  const cutOff = (args: readonly string[], name: string, lines: number, signal: NodeJS.Signals) =>
    cutOffRun(args, at(name), lines, signal);

  it("trains a tagger whose score evaluate confirms", async () => {
    const stdout = await succeed(runOf("tagger", "--epochs", "12", "--learning-rate", "0.003"));
    const [, f1, epoch] = /^seed 1: dev F1 (0\.\d{4}) in epoch (\d+) of 12/.exec(stdout)!;
    assert.ok(Number(f1) > 0.5, stdout);
    const evaluation = await succeed(["evaluate", at("tagger.safetensors"), "--data", MADE_UP, "--json"]);
    assert.equal(JSON.parse(evaluation).f1.toFixed(4), f1);
    const result = JSON.parse(await readFile(join(at("tagger"), "result.json"), "utf8"));
    assert.equal(result.results[0].bestEpoch, Number(epoch));
    assert.equal(result.mean.toFixed(4), f1);
    const log = await succeed(["log", at("tagger")]);
    assert.equal(log.match(/^seed 1, epoch \d+: dev F1/gm)?.length, 12);
  });

  it("goes on after SIGKILL exactly as it would have gone on", async () => {
    const settings = ["--epochs", "3", "--seeds", "4,7", "--threads", "2", "--checkpoint-every", "3"];
    await succeed(runOf("whole", ...settings));
    // In the middle of the first seed, between two checkpoints; and again in the second.
    await cutOff(runOf("cut", ...settings), "cut", 17, "SIGKILL");
    await cutOff(["finetune", "--resume", at("cut")], "cut", 60, "SIGKILL");
    await succeed(["finetune", "--resume", at("cut")]);
    assert.deepEqual(await modelOf("cut"), await modelOf("whole"));
    assert.deepEqual(await lossesOf("cut"), await lossesOf("whole"));
  });

  it("stops after the step at hand when asked to, and goes on", async () => {
    const settings = ["--epochs", "3", "--seeds", "4", "--accumulate", "2"];
    await succeed(runOf("unasked", ...settings));
    const { code, stderr } = await cutOff(runOf("asked", ...settings), "asked", 5, "SIGTERM");
    assert.equal(code, 1);
    assert.match(stderr, /stopped after step \d+ of 21; electra-edge finetune --resume .*asked goes on/);
    await fail(["log", at("asked"), "--follow"], /stopped before its end/);
    await fail(
      ["finetune", "--resume", at("asked"), "--epochs", "9"],
      /--epochs can't be given with --resume/,
      2,
    );
    await succeed(["finetune", "--resume", at("asked")]);
    assert.deepEqual(await modelOf("asked"), await modelOf("unasked"));
    await fail(["finetune", "--resume", at("asked")], /has come to its end/);
  });

  it("trains in the background, where log follows it and nobody else interferes", async () => {
    const stdout = await succeed(runOf("detached", "--epochs", "6", "--detach"));
    assert.match(stdout, /^training in the background, process \d+;/);
    const [followed, second] = await Promise.all([
      electraEdge(["log", at("detached"), "--follow"]),
      electraEdge(["finetune", "--resume", at("detached")]),
    ]);
    assert.match(second.stderr, /process \d+ is working on it/);
    assert.equal(followed.code, 0, followed.stderr);
    assert.match(followed.stdout, /^seed 1, epoch 6: dev F1 0\.\d{4} after /m);
    assert.ok(existsSync(at("detached.safetensors")));
  });

  it("stops where the loss diverges, and names the last good checkpoint", async () => {
    const wild = [
      "--learning-rate",
      "1",
      "--crf-learning-rate",
      "1",
      "--warmup",
      "0.5",
      "--clip-norm",
      "1e9",
    ];
    const { code, stderr } = await electraEdge(runOf("wild", ...wild, "--checkpoint-every", "2"));
    assert.equal(code, 1);
    const [, step, saved] =
      /seed 1, step (\d+): the loss (?:is|has grown).*checkpoint\.safetensors is of step (\d+)/.exec(stderr)!;
    assert.ok(Number(saved) < Number(step) && Number(saved) >= Number(step) - 2, stderr);
    assert.ok(!existsSync(at("wild.safetensors")));
  });

  it("keeps the last checkpoint whole where the disk is full", async () => {
    const settings = ["--epochs", "2", "--checkpoint-every", "4"];
    await succeed(runOf("roomy", ...settings));
    await cutOff(runOf("full", ...settings), "full", 6, "SIGKILL");
    const checkpoint = await readFile(join(at("full"), "checkpoint.safetensors"));
    const { code, stderr } = await electraEdge(["finetune", "--resume", at("full")], noFileBeyond(16));
    assert.equal(code, 1);
    assert.match(stderr, /checkpoint\.safetensors: EFBIG.*safetensors is of step 4, --resume .*full goes on/);
    assert.deepEqual(await readFile(join(at("full"), "checkpoint.safetensors")), checkpoint);
    assert.deepEqual(
      (await readdir(at("full"))).filter((name) => name.endsWith(".tmp")),
      [],
    );
    await succeed(["finetune", "--resume", at("full")]);
    assert.deepEqual(await modelOf("full"), await modelOf("roomy"));
  });

  it("does not go on with data that has changed", async () => {
    const data = at("changing.txt");
    await writeFile(data, await readFile(MADE_UP));
    const args = runOf("changing", "--epochs", "2", "--train", data);
    await cutOff(args, "changing", 2, "SIGTERM");
    await writeFile(data, (await readFile(MADE_UP, "utf8")).replace("P-B", "P-I"));
    await fail(["finetune", "--resume", at("changing")], /changing\.txt has changed since the run began/);
    await fail(["report", at("changing")], /changing\.txt has changed since the run began/);
    await fail(["pretrain", "--resume", at("changing")], /changing: is a run of finetune, not of pretrain/);
    await rm(data);
    await fail(["finetune", "--resume", at("changing")], /changing\.txt can't be read/);
    await fail(args, /changing\.txt: no such file/);
  });

  it("starts from a model's encoder, with another head", async () => {
    await succeed(runOf("first", "--epochs", "1", "--dtype", "f16"));
    const more = ["--head", "softmax", "--layer-decay", "0.8", "--epochs", "1", "--min-frequency", "9"];
    await succeed(runOf("second", "--model", at("first.safetensors"), ...more));
    const summary = JSON.parse(await succeed(["inspect", at("second.safetensors"), "--json"]));
    const first = JSON.parse(await succeed(["inspect", at("first.safetensors"), "--json"]));
    assert.deepEqual(summary.config, first.config);
    assert.deepEqual(summary.tokenizer, first.tokenizer);
    assert.equal(first.crf !== null && summary.crf === null, true);
    await succeed(runOf("longer", "--model", at("first.safetensors"), ...more, "--max-length", "300"));
    const longer = JSON.parse(await succeed(["inspect", at("longer.safetensors"), "--json"]));
    assert.deepEqual(longer.config, { ...first.config, max_position_embeddings: 300 });
    const [loss] = await lossesOf("second");
    assert.deepEqual((await lossesOf("longer"))[0], loss);
    const [fresh] = await lossesOf("first");
    assert.notEqual(loss!.loss, fresh!.loss);
  });

  it("trains GRUs over word embeddings, cut off or not, and their score is what evaluate finds", async () => {
    const network = ["--encoder", "bigru", "--gru-hidden-size", "24", "--learning-rate", "0.01"];
    const settings = [...network, "--epochs", "6", "--checkpoint-every", "5"];
    const stdout = await succeed(runOf("bigru", ...settings));
    const [, f1] = /^seed 1: dev F1 (0\.\d{4})/.exec(stdout)!;
    assert.ok(Number(f1) > 0.5, stdout);
    const evaluation = await succeed(["evaluate", at("bigru.safetensors"), "--data", MADE_UP, "--json"]);
    assert.equal(JSON.parse(evaluation).f1.toFixed(4), f1);
    await cutOff(runOf("bigru-cut", ...settings), "bigru-cut", 17, "SIGKILL");
    await succeed(["finetune", "--resume", at("bigru-cut")]);
    assert.deepEqual(await modelOf("bigru-cut"), await modelOf("bigru"));
    const { config, gru } = JSON.parse(await succeed(["inspect", at("bigru.safetensors"), "--json"]));
    assert.deepEqual([config.model_type, gru], ["embeddings", { hidden_size: 24, num_layers: 2 }]);
    // Another head over what was learnt, GRUs included: in one epoch a network from nothing stays below 0.05.
    const onward = ["--model", at("bigru.safetensors"), "--head", "softmax", "--epochs", "1"];
    const further = await succeed(runOf("bigru-further", ...onward, "--learning-rate", "0.003"));
    assert.ok(Number(/F1 (0\.\d{4})/.exec(further)![1]) > 0.2, further);
  });

  it("has GRUs between ELECTRA and its head where layers of them are asked for", async () => {
    await succeed(runOf("electra-gru", "--gru-layers", "1", "--gru-hidden-size", "12", "--epochs", "1"));
    const { config, gru } = JSON.parse(await succeed(["inspect", at("electra-gru.safetensors"), "--json"]));
    assert.deepEqual([config.num_hidden_layers, gru], [1, { hidden_size: 12, num_layers: 1 }]);
    const report = await readFile(join(at("electra-gru"), "report.html"), "utf8");
    assert.match(report, /ELECTRA of 1 layer of 32 under 1 bidirectional GRU of 12, trained/);
    const nothing = runOf("no-gru", "--encoder", "bigru", "--gru-layers", "0");
    await fail(nothing, /--encoder bigru is nothing with --gru-layers 0/);
  });

  it("classifies sentences in word pieces of its own", async () => {
    const sentences = ["what a fine film", "fine and warm", "a dull film", "dull and cold and dull"];
    const rows = Array.from({ length: 80 }, (_, i) => {
      const text = `${sentences[i % 4]} ${"so ".repeat(i % 5)}`.trim();
      return `${text}\t${i % 4 < 2 ? "good" : "bad"}`;
    });
    await writeFile(at("sentences.tsv"), `sentence\tlabel\n${rows.join("\n")}\n`);
    const vocabulary = at("pieces.txt");
    const made = await succeed([
      ...["vocab", at("sentences.tsv"), "--form", "tsv", "--tokenizer", "wordpiece"],
      ...["-o", vocabulary, "--vocab-size", "40"],
    ]);
    assert.match(made, /pieces\.txt: \d+ tokens/);
    assert.ok((await readFile(vocabulary, "utf8")).split("\n").includes("film"));
    const stdout = await succeed([
      ...["finetune", "--train", at("sentences.tsv"), "--dev", at("sentences.tsv"), "--head", "sequence"],
      ...["--vocab", vocabulary, "--tokenizer", "wordpiece", "-o", at("sentences.safetensors")],
      ...["--run", at("sentences"), ...TINY, "--epochs", "20", "--learning-rate", "0.003"],
    ]);
    assert.match(stdout, /dev accuracy 1\.0000/);
    const { task, labels } = JSON.parse(await succeed(["inspect", at("sentences.safetensors"), "--json"]));
    assert.equal(task, "text-classification");
    assert.deepEqual(labels, ["bad", "good"]);
  });

  describe("tells what is wrong with data before it trains, and leaves nothing behind", () => {
    const CONLL = "张\tB-PER\n三\tI-PER\n在\tO\n\n李\tB-PER\n在\tO\n";
    const cases: [name: string, train: string, dev: string, expected: RegExp, more?: string[]][] = [
      ["unequal columns", `${CONLL}家\tx\tO\n`, CONLL, /train\.conll:7: expected 2 columns, found 3/],
      [
        "a label that training never sees",
        CONLL,
        `${CONLL}\n京\tB-LOC\n`,
        /dev\.conll:8: the label "B-LOC" is unknown/,
      ],
      ["an empty file", "", CONLL, /train\.conll: holds no example/],
      [
        "a text beyond the limit",
        CONLL,
        `${CONLL}${"在\tO\n".repeat(9)}`,
        /dev\.conll:5: the text takes 13 tokens/,
        ["--max-length", "12"],
      ],
      [
        "a vocabulary without a third of the characters",
        CONLL,
        CONLL.replaceAll("在", "住"),
        /dev\.conll:1: the vocabulary lacks 40 %/,
      ],
      [
        "one label alone",
        CONLL.replaceAll(/[BI]-PER/g, "O"),
        CONLL,
        /train\.conll: expected two labels at least/,
      ],
    ];
    for (const [name, train, dev, expected, more = []] of cases) {
      it(name, async () => {
        await writeFile(at("train.conll"), train);
        await writeFile(at("dev.conll"), dev);
        await fail(
          [
            ...[
              "finetune",
              "--train",
              at("train.conll"),
              "--dev",
              at("dev.conll"),
              "-o",
              at("bad.safetensors"),
            ],
            ...["--run", at("bad"), ...TINY, "--min-frequency", "1", ...more],
          ],
          expected,
        );
        assert.ok(!existsSync(at("bad")) && !existsSync(at("bad.safetensors")));
      });
    }

    it("a vocabulary file that can't be one", async () => {
      await writeFile(at("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n张\n张\n");
      await fail(
        runOf("bad", "--vocab", at("vocab.txt")),
        /vocab\.txt: tokenizer: "vocab" has the token "张" twice/,
      );
      await fail(runOf("bad", "--vocab", at("none.txt")), /none\.txt: can't be read/);
    });

    it("options out of range, and an output that exists", async () => {
      await fail(runOf("bad", "--dropout", "1.5"), /from 0 to 0\.95/, 2);
      await fail(runOf("bad", "--epochs", "0.5"), /whole number from 1 on/, 2);
      await fail(["finetune", "--train", MADE_UP, "-o", at("bad.safetensors")], /--dev is missing/);
      await writeFile(at("there.safetensors"), "mine");
      await fail(runOf("there"), /there\.safetensors: exists already; --force overwrites it/);
      assert.equal(await readFile(at("there.safetensors"), "utf8"), "mine");
    });
  });
});
