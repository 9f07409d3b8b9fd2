// `npm run train:waybill`: makes up waybills and trains the shipped model on them, from nothing. Run again, it goes on where
// it was cut off. Options of `electra-edge finetune` that are given go along: `npm run train:waybill -- --threads 1`.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { writeWaybills } from "./write-waybills.ts";

const TRAIN = { file: "runs/waybill-zh/train.txt", rows: 80_000, seed: 1 };
const DEV = { file: "runs/waybill-zh/dev.txt", rows: 1_000, seed: 2 };
const RUN = "runs/waybill-zh/run";
const OUTPUT = "weights/waybill-zh.safetensors";

process.chdir(fileURLToPath(new URL("../../", import.meta.url)));

if (!existsSync(RUN)) {
  for (const { file, rows, seed } of [TRAIN, DEV]) await writeWaybills(file, rows, seed);
}
const settings = [
  ["--train", TRAIN.file],
  ["--dev", DEV.file],
  ["--output", OUTPUT],
  ["--run", RUN],
  ["--max-length", "256"],
  ["--epochs", "1"],
  ["--batch-size", "16"],
  ["--dtype", "int8"],
  ["--license", "Apache-2.0"],
  ["--source", "trained from nothing on made-up waybills by npm run train:waybill of electra-edge"],
].flat();
const run = existsSync(RUN) ? ["--resume", RUN] : [...settings, "--force"];
const { status } = spawnSync(
  process.execPath,
  ["src/cli/main.ts", "finetune", ...run, ...process.argv.slice(2)],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
