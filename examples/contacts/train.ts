// `npm run train:contacts`: makes up sentences and trains the shipped model on them, from nothing, in stages. Run again, it goes on
// where it was cut off. Options of `electra-edge finetune` that are given go along: `npm run train:contacts -- --threads 2`.
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type MadeUpTraining, trainModel } from "../made-up/train-model.ts";
import { type Manner, madeUpText, toColumns } from "./texts.ts";
import { vocabulary } from "./vocabulary.ts";

interface Stage {
  readonly folder: string;
  readonly texts: number;
  /** Of the texts to learn from; the next one is that of the texts to be judged by. */
  readonly seed: number;
  readonly manner: Manner;
  readonly settings: MadeUpTraining["settings"];
}

const FOLDER = "runs/contacts-zh";
const VOCABULARY = `${FOLDER}/vocab.txt`;
const FIRST = `${FOLDER}/first.safetensors`;
const SECOND = `${FOLDER}/second.safetensors`;
const DEV_TEXTS = 1_000;

/** First with many odd characters, so that no word is known by heart; then cleaner texts; last, entities in any context. */
const STAGES: readonly Stage[] = [
  {
    folder: `${FOLDER}/first`,
    texts: 30_000,
    seed: 1,
    manner: { oddity: 0.22, anywhere: 0 },
    settings: [
      ["--vocab", VOCABULARY],
      ["--output", FIRST],
      ["--max-length", "256"],
      ["--epochs", "2"],
      ["--dropout", "0.05"],
    ],
  },
  {
    folder: `${FOLDER}/second`,
    texts: 60_000,
    seed: 3,
    manner: { oddity: 0.05, anywhere: 0 },
    settings: [
      ["--model", FIRST],
      ["--output", SECOND],
      ["--epochs", "1"],
      ["--dropout", "0"],
      ["--warmup", "0.05"],
    ],
  },
  {
    folder: `${FOLDER}/third`,
    texts: 40_000,
    seed: 5,
    manner: { oddity: 0.1, anywhere: 60 },
    settings: [
      ["--model", SECOND],
      ["--output", "weights/contacts-zh.safetensors"],
      ["--epochs", "1"],
      ["--dropout", "0"],
      ["--warmup", "0.05"],
      ["--dtype", "int8"],
      ["--license", "Apache-2.0"],
      ["--source", "trained from nothing on made-up sentences by npm run train:contacts of electra-edge"],
    ],
  },
];

async function writeTexts(file: string, texts: number, seed: number, manner: Manner): Promise<void> {
  const columns = Array.from({ length: texts }, (_, number) => toColumns(madeUpText(seed, number, manner)));
  await writeFile(file, columns.join(""));
}

process.chdir(fileURLToPath(new URL("../../", import.meta.url)));

for (const { folder, texts, seed, manner, settings } of STAGES) {
  const [train, dev, run] = [`${folder}/train.conll`, `${folder}/dev.conll`, `${folder}/run`];
  if (existsSync(`${run}/result.json`)) continue;
  await trainModel({
    run,
    async makeUp() {
      await mkdir(folder, { recursive: true });
      await writeTexts(train, texts, seed, manner);
      await writeTexts(dev, DEV_TEXTS, seed + 1, manner);
      await writeFile(VOCABULARY, `${vocabulary().join("\n")}\n`);
    },
    settings: [["--train", train], ["--dev", dev], ...settings],
  });
  if (process.exitCode !== 0) break;
}
