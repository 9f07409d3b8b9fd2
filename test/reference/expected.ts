import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type ElectraConfig, parseConfig } from "../../src/model/config.ts";
import { type Checkpoint, readCheckpoint, values } from "./checkpoint.ts";
import { electra } from "./electra.ts";
import { relativeError } from "./math.ts";

export type Head = (checkpoint: Checkpoint, config: ElectraConfig, x: Float64Array) => Float64Array;

/** A folder of `test/fixtures/heads`. */
export const headFolder = (name: string) => new URL(`../fixtures/heads/${name}/`, import.meta.url);

/**
 * Holds the reference against what an independent PyTorch implementation computed in f32, row by row of each batch,
 * without the padding that ends a row.
 *
 * @param checkpoint the weights of the model in `folder`
 */
export function assertHead(folder: URL, checkpoint: Checkpoint, head: Head): void {
  const config = parseConfig(JSON.parse(readFileSync(new URL("config.json", folder), "utf8")), folder.href);
  const expected = readCheckpoint(new URL("expected.safetensors", folder));
  const cases = new Set([...expected.keys()].map((key) => key.split(".")[0]));
  assert.equal(cases.size, 4);
  for (const name of cases) {
    const [rows, width] = expected.get(`${name}.input_ids`)?.shape ?? [];
    for (let row = 0; row < rows; row++) {
      const whole = (key: string) => {
        const all = values(expected, `${name}.${key}`);
        return all.subarray((row * all.length) / rows, ((row + 1) * all.length) / rows);
      };
      const tokens = whole("attention_mask").reduce((sum, bit) => sum + bit, 0);
      const perToken = expected.get(`${name}.logits`)?.shape[1] === width;
      const real = (key: string) => whole(key).subarray(0, (whole(key).length / width) * tokens);

      const hidden = electra(checkpoint, config, real("input_ids"), real("token_type_ids"));
      assertNear(hidden, real("last_hidden_state"), `case ${name}, row ${row}, last_hidden_state`);
      const logits = head(checkpoint, config, hidden);
      assertNear(logits, perToken ? real("logits") : whole("logits"), `case ${name}, row ${row}, logits`);
    }
  }
}

function assertNear(actual: Float64Array, expected: Float64Array, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const error = relativeError(actual, expected);
  assert.ok(error < 1e-5, `${what}: relative error ${error}`);
}
