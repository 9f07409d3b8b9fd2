import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const folderOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A training of a few waybills, as a program of its own. */
const program = (folder: string) => `
import { trainModel } from "./made-up/train-model.ts";
import { writeWaybills } from "./waybill/write-waybills.ts";
const [train, dev, output, run] = ["train.txt", "dev.txt", "model.safetensors", "run"].map((name) => ${JSON.stringify(folder)} + "/" + name);
await trainModel({
  run,
  async makeUp() {
    console.log("making up");
    await writeWaybills(train, 60, 1);
    await writeWaybills(dev, 20, 2);
  },
  settings: [
    ["--train", train], ["--dev", dev], ["--output", output], ["--max-length", "256"], ["--threads", "1"],
    ["--layers", "1"], ["--hidden-size", "16"], ["--heads", "2"], ["--embedding-size", "16"], ["--epochs", "9"],
  ],
});`;

test("training on what is made up goes on where it was cut off, and makes nothing up again", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  t.after(() => rm(folder, { recursive: true }));
  const train = (...given: string[]) =>
    spawnSync(
      process.execPath,
      ["--input-type=module-typescript", "--eval", program(folder), "--", "the program", ...given],
      { cwd: folderOf("../../examples/"), encoding: "utf8" },
    );
  const first = train("--epochs", "1");
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /making up.*seed 1: dev F1 \d\.\d{4} in epoch 1 of 1/s);
  assert(existsSync(join(folder, "model.safetensors")));

  await rm(join(folder, "run/result.json"));
  const second = train("--epochs", "2");
  assert.equal(second.status, 0, second.stderr);
  assert.doesNotMatch(second.stdout, /making up/);
  assert.match(second.stdout, /in epoch 1 of 1/);
});
