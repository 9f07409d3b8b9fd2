import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ConvertOptions, convertDirectory } from "../../src/convert/index.ts";
import { headFolder } from "../reference/expected.ts";

/** What Hugging Face's transformers makes of the checkpoints: see test/parity/tasks.py. */
export const golden = JSON.parse(readFileSync(new URL("../fixtures/tasks.json", import.meta.url), "utf8"));

/**
 * The bytes of a model file made from a checkpoint of `test/fixtures/heads`.
 *
 * @param fields of its config that are another's
 */
export async function convertHead(
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
  options?: ConvertOptions,
) {
  const source = fileURLToPath(headFolder(name));
  const folder = await mkdtemp(join(tmpdir(), "electra-edge-"));
  try {
    const config = JSON.parse(await readFile(join(source, "config.json"), "utf8"));
    for (const file of ["vocab.txt", "model.safetensors", "pytorch_model.bin"]) {
      await readFile(join(source, file)).then(
        (bytes) => writeFile(join(folder, file), bytes),
        () => {},
      );
    }
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, ...fields }));
    const out = join(folder, "out.safetensors");
    await convertDirectory(folder, out, options);
    return new Uint8Array(await readFile(out));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Asserts that two results are the same but for the last digits of their numbers. */
export function assertClose(actual: unknown, expected: unknown, what = "result"): void {
  if (typeof expected === "number") {
    const error = Math.abs((actual as number) - expected);
    assert.ok(error <= 2e-5 * Math.max(1, Math.abs(expected)), `${what}: ${actual}, not ${expected}`);
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(actual as object).sort(), Object.keys(expected).sort(), what);
    for (const [key, value] of Object.entries(expected)) {
      assertClose((actual as Record<string, unknown>)[key], value, `${what}.${key}`);
    }
  } else {
    assert.equal(actual, expected, what);
  }
}
