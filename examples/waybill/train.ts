// `npm run train:waybill`: makes up waybills and trains the shipped model on them, from nothing. Run again, it goes on where
// it was cut off. Options of `electra-edge finetune` that are given go along: `npm run train:waybill -- --threads 1`.
import { fileURLToPath } from "node:url";
import { trainModel } from "../made-up/train-model.ts";
import { writeWaybills } from "./write-waybills.ts";

const FOLDER = "runs/waybill-zh";
const TRAIN = { file: `${FOLDER}/train.txt`, rows: 80_000, seed: 1 };
const DEV = { file: `${FOLDER}/dev.txt`, rows: 1_000, seed: 2 };

process.chdir(fileURLToPath(new URL("../../", import.meta.url)));

await trainModel({
  run: `${FOLDER}/run`,
  async makeUp() {
    for (const { file, rows, seed } of [TRAIN, DEV]) await writeWaybills(file, rows, seed);
  },
  settings: [
    ["--train", TRAIN.file],
    ["--dev", DEV.file],
    ["--output", "weights/waybill-zh.safetensors"],
    ["--max-length", "256"],
    ["--epochs", "1"],
    ["--dtype", "int8"],
    ["--license", "Apache-2.0"],
    ["--source", "trained from nothing on made-up waybills by npm run train:waybill of electra-edge"],
  ],
});
