// `npm run train:contacts`: makes up sentences and trains the shipped model on them, from nothing. Run again, it goes on
// where it was cut off. Options of `electra-edge finetune` that are given go along: `npm run train:contacts -- --threads 2`.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { trainModel } from "../made-up/train-model.ts";
import { madeUpText, toColumns } from "./texts.ts";
import { vocabulary } from "./vocabulary.ts";

const FOLDER = "runs/contacts-zh";
const TRAIN = { file: `${FOLDER}/train.conll`, texts: 30_000, seed: 1 };
const DEV = { file: `${FOLDER}/dev.conll`, texts: 1_000, seed: 2 };
const VOCABULARY = `${FOLDER}/vocab.txt`;

process.chdir(fileURLToPath(new URL("../../", import.meta.url)));

await trainModel({
  run: `${FOLDER}/run`,
  async makeUp() {
    await mkdir(FOLDER, { recursive: true });
    for (const { file, texts, seed } of [TRAIN, DEV]) {
      const columns = Array.from({ length: texts }, (_, number) => toColumns(madeUpText(seed, number)));
      await writeFile(file, columns.join(""));
    }
    await writeFile(VOCABULARY, `${vocabulary().join("\n")}\n`);
  },
  settings: [
    ["--train", TRAIN.file],
    ["--dev", DEV.file],
    ["--vocab", VOCABULARY],
    ["--output", "weights/contacts-zh.safetensors"],
    ["--max-length", "256"],
    ["--epochs", "2"],
    ["--dropout", "0.05"],
    ["--dtype", "int8"],
    ["--license", "Apache-2.0"],
    ["--source", "trained from nothing on made-up sentences by npm run train:contacts of electra-edge"],
  ],
});
