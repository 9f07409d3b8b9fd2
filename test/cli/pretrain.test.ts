import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cutOff, logOf } from "./cut-off.ts";
import { electraEdge, fail, MADE_UP, succeed } from "./electra-edge.ts";

/** Networks that take a step in milliseconds. */
const MINIATURE = [
  ...["--layers", "2", "--hidden-size", "32", "--heads", "4", "--intermediate-size", "64"],
  ...["--embedding-size", "16", "--max-length", "32", "--batch-size", "4", "--accumulate", "2"],
];

const SENTENCES = [
  "今天天气很好。",
  "我们去公园散步。",
  "公园里有一条小河！",
  "河边的花开了。",
  "天气好的时候人很多。",
];

const DOCUMENTS = Array.from({ length: 60 }, (_, i) =>
  Array.from({ length: 2 + (i % 9) }, (_, j) => SENTENCES[(i * 3 + j * (1 + (i % 4))) % 5]).join(""),
);

describe("electra-edge pretrain", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-pretrain-"));
    await writeFile(at("corpus.txt"), `${DOCUMENTS.join("\n")}\n`);
  });
  after(() => rm(folder, { recursive: true }));

  const at = (name: string) => join(folder, name);

  const runOf = (name: string, ...more: string[]) => [
    ...["pretrain", "--train", at("corpus.txt"), "-o", at(name), "--run", at(`${name}-run`)],
    ...[...MINIATURE, "--steps", "24", "--score-every", "5", ...more],
  ];

  const modelsOf = (name: string) =>
    Promise.all(["generator", "discriminator"].map((which) => readFile(at(`${name}-${which}.safetensors`))));

  /** All that a run's log says but how long it took. */
  const entriesOf = async (name: string) =>
    (await logOf(at(`${name}-run`))).map(({ seconds, ...entry }) => entry);

  it("writes a generator and a discriminator, and reports how they do", async () => {
    const stdout = await succeed(runOf("models", "--license", "CC0-1.0", "--source", "made up"));
    assert.match(stdout, /^24 steps, [\d,]+ tokens in .* tokens\/s$/m);
    assert.match(
      stdout,
      /^generator accuracy 0\.\d{4}; discriminator precision .*, recall .*, AUC 0\.\d{4}$/m,
    );
    const [generator, discriminator] = await Promise.all(
      ["generator", "discriminator"].map(async (which) =>
        JSON.parse(await succeed(["inspect", at(`models-${which}.safetensors`), "--json"])),
      ),
    );
    assert.equal(generator.task, "fill-mask");
    assert.equal(discriminator.task, "replaced-token-detection");
    assert.deepEqual([discriminator.config.hidden_size, generator.config.hidden_size], [32, 8]);
    assert.deepEqual(generator.tokenizer, discriminator.tokenizer);
    for (const { license, source } of [generator, discriminator]) {
      assert.deepEqual([license, source], ["CC0-1.0", "made up"]);
    }
    const log = await succeed(["log", at("models-run")]);
    assert.equal(log.match(/^step \d+ of 24: generator loss .* AUC 0\.\d{4}$/gm)?.length, 5);
    const entries = await entriesOf("models");
    assert.equal(entries.length, 24);
    assert.deepEqual(
      entries.filter(({ scores }) => scores !== undefined).map(({ step }) => step),
      [5, 10, 15, 20, 24],
    );
  });

  it("goes on after SIGKILL exactly as it would have gone on", async () => {
    const settings = ["--threads", "2", "--checkpoint-every", "7", "--whole-word-mask"];
    await succeed(runOf("whole", ...settings));
    await cutOff(runOf("cut", ...settings), at("cut-run"), 5, "SIGKILL"); // before there is any checkpoint
    await cutOff(["pretrain", "--resume", at("cut-run")], at("cut-run"), 11, "SIGKILL");
    await succeed(["pretrain", "--resume", at("cut-run")]);
    assert.deepEqual(await modelsOf("cut"), await modelsOf("whole"));
    assert.deepEqual(await entriesOf("cut"), await entriesOf("whole"));
  });

  it("stops after the step at hand when asked to, and goes on", async () => {
    await succeed(runOf("unasked"));
    const { code, stderr } = await cutOff(runOf("asked"), at("asked-run"), 5, "SIGTERM");
    assert.equal(code, 1);
    assert.match(stderr, /stopped after step \d+ of 24; electra-edge pretrain --resume .*asked-run goes on/);
    await fail(["pretrain", "--resume", at("asked-run"), "--steps", "9"], /--steps can't be given/, 2);
    await succeed(["pretrain", "--resume", at("asked-run")]);
    assert.deepEqual(await modelsOf("asked"), await modelsOf("unasked"));
    await fail(["pretrain", "--resume", at("asked-run")], /has come to its end/);
  });

  it("trains in the background, where log follows it", async () => {
    const stdout = await succeed(runOf("detached", "--detach"));
    assert.match(stdout, /^training in the background, process \d+;/);
    const followed = await electraEdge(["log", at("detached-run"), "--follow"]);
    assert.equal(followed.code, 0, followed.stderr);
    assert.match(followed.stdout, /^step 24 of 24: generator loss /m);
    assert.ok(existsSync(at("detached-discriminator.safetensors")));
  });

  it("keeps models on the way, from which a tagger starts as from those at the end", async () => {
    await succeed(runOf("kept", "--keep-every", "12"));
    const kept = (await readdir(at("kept-run"))).filter((name) => name.startsWith("step-")).toSorted();
    assert.deepEqual(kept, [
      "step-12-discriminator.safetensors",
      "step-12-generator.safetensors",
      "step-24-discriminator.safetensors",
      "step-24-generator.safetensors",
    ]);
    const last = await readFile(join(at("kept-run"), "step-24-discriminator.safetensors"));
    assert.deepEqual(last, (await modelsOf("kept"))[1]);
  });

  it("gives finetune an encoder to start from", async () => {
    // The waybills' characters, so that the vocabulary knows them.
    const rows = (await readFile(MADE_UP, "utf8")).trimEnd().split("\n").slice(1);
    const texts = rows.map((row) => row.split("\t")[0]!.replaceAll("\u0002", ""));
    await writeFile(at("waybills.txt"), texts.join("\n"));
    await succeed(runOf("encoder", "--train", at("waybills.txt"), "--max-length", "128"));
    await succeed([
      ...["finetune", "--train", MADE_UP, "--dev", MADE_UP, "-o", at("tagger.safetensors")],
      ...["--run", at("tagger"), "--epochs", "1", "--model", at("encoder-discriminator.safetensors")],
    ]);
    const [tagger, encoder] = await Promise.all(
      ["tagger", "encoder-discriminator"].map(async (name) =>
        JSON.parse(await succeed(["inspect", at(`${name}.safetensors`), "--json"])),
      ),
    );
    assert.equal(tagger.task, "token-classification");
    assert.deepEqual(tagger.config, encoder.config);
    assert.deepEqual(tagger.tokenizer, encoder.tokenizer);
  });

  it("tells what is wrong before it trains, and leaves nothing behind", async () => {
    await writeFile(at("empty.txt"), "\n\n");
    await writeFile(at("latin.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n");
    const cases: [more: string[], expected: RegExp][] = [
      [["--train", at("missing.txt")], /missing\.txt: no such file/],
      [["--train", at("empty.txt")], /empty\.txt: there is no text in it/],
      [["--vocab", at("latin.txt")], /corpus\.txt:1: the vocabulary lacks 100 % of the text's tokens/],
      [["--heads", "3"], /"hidden_size" 32 does not divide into 3 attention heads/],
      [["--generator-size", "0.34"], /--generator-size: config: "hidden_size" 11 does not divide/],
    ];
    for (const [more, expected] of cases) {
      const name = `bad-${more[0]}`;
      // 32 and 16, times 0.34: a width of 11 in 5 heads.
      const heads = more[0] === "--generator-size" ? ["--heads", "16"] : [];
      await fail(runOf(name, ...heads, ...more), expected);
      assert.ok(!existsSync(at(`${name}-run`)));
    }
    await fail(["pretrain", "-o", at("nothing")], /--train is missing/);
    await writeFile(at("there-generator.safetensors"), "");
    await fail(runOf("there"), /there-generator\.safetensors: exists already; --force overwrites it/);
  });
});
