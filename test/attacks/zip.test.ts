import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join as path } from "node:path";
import { type TestContext, test } from "node:test";
import { openCheckpoint } from "../../src/convert/checkpoint.ts";
import { failure, temporaryDirectory } from "../convert/directories.ts";
import { join, smallZip, type ZipEntry, zip } from "./assemble.ts";

async function refuses(t: TestContext, bytes: Uint8Array, ...parts: string[]): Promise<void> {
  const directory = await temporaryDirectory(t);
  await writeFile(path(directory, "pytorch_model.bin"), bytes);
  await assert.rejects(openCheckpoint(directory), failure("zip-malformed", "pytorch_model.bin", ...parts));
}

/** The small checkpoint with what is claimed of its storage 0. */
const claiming = (claims: ZipEntry["claims"]) =>
  zip(
    smallZip().map((entry) =>
      entry.name === "m/data/0" && claims !== undefined ? { ...entry, claims } : entry,
    ),
  );

test("a zip that lies about sizes", async (t) => {
  await refuses(t, claiming({ size: 2 ** 31 }), "bounds");
  await refuses(t, claiming({ size: 2 ** 32 - 2 }), "bounds");
  await refuses(t, claiming({ size: 20 }), "m/data/0", "24", "20");
  await refuses(t, claiming({ size: 28 }), "m/data/0", "overlap");
  await refuses(t, claiming({ size: 24, compressedSize: 4 }), "size");
  await refuses(t, claiming({ size: 2 ** 31, compressedSize: 24 }), "size");
});

test("a zip whose entries lie elsewhere, or over each other", async (t) => {
  await refuses(t, claiming({ offset: 2 ** 31 }));
  await refuses(t, claiming({ offset: 5 }), "signature");
  await refuses(t, claiming({ offset: 0 }), "overlap");
});

test("a zip that compresses, encrypts or repeats entries, which torch never does", async (t) => {
  await refuses(t, claiming({ method: 8 }), "compressed", "m/data/0");
  await refuses(t, claiming({ method: 99 }), "compressed");
  await refuses(t, claiming({ size: 12, compressedSize: 24, flags: 1 }), "encrypted");
  await refuses(t, zip([...smallZip(), { name: "m/data/0", data: new Uint8Array(24) }]), "twice");
});

test("a zip that is not torch's", async (t) => {
  await refuses(t, join("PK\x03\x04", zip([])), "data.pkl");
  await refuses(t, zip([{ name: "a.txt", data: new Uint8Array(3) }]), "data.pkl");
  await refuses(t, zip([...smallZip(), { name: "n/data.pkl", data: new Uint8Array(3) }]), "data.pkl", "2");
  await refuses(t, zip(smallZip().slice(0, 3)), "m/data/1", "missing");
  await refuses(t, zip([{ name: "../data.pkl", data: new Uint8Array(3) }]), "relative path");
  await refuses(t, zip([{ name: "m/data.pkl", data: new Uint8Array(16 * 2 ** 20 + 1) }]), "limit");
});

test("a zip whose directory is not where or what it claims", async (t) => {
  const whole = zip(smallZip());
  await refuses(t, zip(smallZip(), 40_000));
  await refuses(t, join(whole, "x"), "comment");
  // The end record claims a 64-bit directory at 2^64 - 1: node's own read would throw, uncaught, at such a place.
  const end = whole.length - 22;
  const locator = join("PK\x06\x07", new Uint8Array(4), new Uint8Array(8).fill(0xff), new Uint8Array(4));
  await refuses(t, join(whole.subarray(0, end), locator, whole.subarray(end)));
  const far = Buffer.from(whole);
  far.writeUInt32LE(0xfffffff0, end + 16);
  await refuses(t, far);
});
