import assert from "node:assert/strict";
import { test } from "node:test";
import { operationsOf, readTask } from "../../bench/train/pretraining-task.ts";

test("ELECTRA-small takes about 70 million operations a token, as counted by hand", () => {
  const task = readTask("pretraining-small-task");
  const layers = 12 * (4 * 256 * 256 + 2 * 256 * 1024 + 2 * 128 * 256);
  const generatorLayers = 12 * (4 * 64 * 64 + 2 * 64 * 256 + 2 * 128 * 64);
  const others = 128 * 256 + 128 * 64 + 256 * 256 + 256 + (19 / 128) * 128 * (64 + 30_522);
  const each = operationsOf(task) / (task.batch * task.tokens);
  assert.ok(Math.abs(each / (6 * (layers + generatorLayers + others)) - 1) < 1e-9, `${each}`);
  assert.ok(Math.abs(each / 70e6 - 1) < 0.03, `${each}`);
});
