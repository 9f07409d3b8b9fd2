import assert from "node:assert/strict";
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { BinaryFile } from "../../src/convert/binary-file.ts";
import { failure, temporaryDirectory } from "./directories.ts";

test("a file system that gives less than it was asked for is asked again, for the rest alone", async (t) => {
  const path = join(await temporaryDirectory(t), "file");
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  await writeFile(path, bytes);
  const handle = await open(path);
  const prototype: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const asked: number[] = [];
  const read = prototype.read as (...args: unknown[]) => Promise<unknown>;
  t.mock.method(
    prototype,
    "read",
    function (this: FileHandle, ...args: [Uint8Array, number, number, number]) {
      const [buffer, offset, length, position] = args;
      asked.push(length);
      return read.call(this, buffer, offset, Math.min(length, 7), position);
    },
  );

  const file = await BinaryFile.open(path);
  assert.deepEqual(await file.read(3, 20), bytes.subarray(3, 23));
  assert.deepEqual(asked, [20, 13, 6]);
  await assert.rejects(file.read(90, 11), failure("checkpoint-malformed", path));
  await file.close();
});
