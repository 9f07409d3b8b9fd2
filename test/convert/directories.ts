import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { ElectraEdgeError } from "../../src/errors.ts";
import {
  checkByteLength,
  parseHeader,
  readHeaderLength,
  type SafetensorsHeader,
} from "../../src/model/file/safetensors.ts";

/** The random-weight checkpoints of every head, and one tiny checkpoint in every form that torch.save has. */
export const HEADS = fileURLToPath(new URL("../fixtures/heads/", import.meta.url));
export const TORCH = fileURLToPath(new URL("../fixtures/torch/", import.meta.url));

/** A directory of its own for a test, gone after it. */
export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "electra-edge-"));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

/**
 * A copy of a checkpoint's directory for a test to change.
 *
 * @param without names to leave out
 * @param files what to write over it, by name; objects as JSON
 */
export async function checkpointCopy(
  t: TestContext,
  from: string,
  files: Readonly<Record<string, string | Uint8Array | object>> = {},
  without: readonly string[] = [],
): Promise<string> {
  const directory = await temporaryDirectory(t);
  for (const name of await readdir(from)) {
    if (!name.startsWith("expected") && !without.includes(name))
      await cp(join(from, name), join(directory, name));
  }
  for (const [name, content] of Object.entries(files)) {
    const plain = typeof content === "string" || content instanceof Uint8Array;
    await writeFile(join(directory, name), plain ? content : JSON.stringify(content));
  }
  return directory;
}

/** Reads a safetensors file that lies in memory, with every check. */
export function readSafetensors(bytes: Uint8Array, source = "memory"): SafetensorsHeader {
  const length = readHeaderLength(bytes, source);
  const header = parseHeader(bytes.subarray(8, 8 + length), source);
  checkByteLength(header, bytes.length, source);
  return header;
}

/** Matches an error of ours by its code, and its message by every one of `parts`. */
export function failure(code: string, ...parts: readonly string[]): (error: unknown) => true {
  return (error) => {
    assert(
      error instanceof ElectraEdgeError,
      `expected a typed error, got ${(error as Error)?.stack ?? error}`,
    );
    assert.equal(error.code, code, error.message);
    for (const part of parts)
      assert(error.message.includes(part), `${JSON.stringify(part)} in: ${error.message}`);
    return true;
  };
}
