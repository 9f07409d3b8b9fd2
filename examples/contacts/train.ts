// `npm run train:contacts`: makes up sentences and trains the shipped model on them, from nothing. Run again, it goes on
// where it was cut off. Options of `electra-edge finetune` that are given go along: `npm run train:contacts -- --threads 2`.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { madeUpText, toColumns } from "./texts.ts";
import { vocabulary } from "./vocabulary.ts";

const FOLDER = "runs/contacts-zh";
const TRAIN = { file: `${FOLDER}/train.conll`, texts: 30_000, seed: 1 };
const DEV = { file: `${FOLDER}/dev.conll`, texts: 1_000, seed: 2 };
const VOCABULARY = `${FOLDER}/vocab.txt`;
const RUN = `${FOLDER}/run`;

process.chdir(fileURLToPath(new URL("../../", import.meta.url)));

if (!existsSync(RUN)) {
  await mkdir(FOLDER, { recursive: true });
  for (const { file, texts, seed } of [TRAIN, DEV]) {
    const columns = Array.from({ length: texts }, (_, number) => toColumns(madeUpText(seed, number)));
    await writeFile(file, columns.join(""));
  }
  await writeFile(VOCABULARY, `${vocabulary().join("\n")}\n`);
}
const settings = [
  ["--train", TRAIN.file],
  ["--dev", DEV.file],
  ["--vocab", VOCABULARY],
  ["--output", "weights/contacts-zh.safetensors"],
  ["--run", RUN],
  ["--max-length", "256"],
  ["--epochs", "2"],
  ["--dropout", "0.05"],
  ["--dtype", "int8"],
  ["--license", "Apache-2.0"],
  ["--source", "trained from nothing on made-up sentences by npm run train:contacts of electra-edge"],
].flat();
const run = existsSync(RUN) ? ["--resume", RUN] : [...settings, "--force"];
const { status } = spawnSync(
  process.execPath,
  ["src/cli/main.ts", "finetune", ...run, ...process.argv.slice(2)],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
