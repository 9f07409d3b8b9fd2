import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  checkByteLength,
  type Dtype,
  HEADER_LIMIT,
  parseHeader,
  readHeaderLength,
} from "../../src/model/file/safetensors.ts";
import { serializeSafetensors } from "../../src/model/file/safetensors-writer.ts";
import { failure, HEADS, readSafetensors } from "../convert/directories.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const parse = (header: string | object) =>
  parseHeader(bytesOf(typeof header === "string" ? header : JSON.stringify(header)), "f");
const f32 = (shape: unknown, begin: unknown, end: unknown) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});
const prefixOf = (length: bigint) => new Uint8Array(new BigUint64Array([length]).buffer);

test("what the writer writes, the parser reads back", () => {
  const data = (length: number) => Uint8Array.from({ length }, (_, i) => i);
  const tensors = [
    { name: "bytes", dtype: "U8" as Dtype, shape: [3], data: data(3) },
    { name: "__proto__", dtype: "F16" as Dtype, shape: [1, 2], data: data(4) },
    { name: "constructor", dtype: "F32" as Dtype, shape: [], data: data(4) },
    { name: "nothing", dtype: "F64" as Dtype, shape: [0, 7], data: data(0) },
  ];
  const file = Buffer.concat([...serializeSafetensors({ format: "pt", ключ: "值" }, tensors)]);
  const header = readSafetensors(file);
  assert.deepEqual(
    [...header.metadata],
    [
      ["format", "pt"],
      ["ключ", "值"],
    ],
  );
  assert.deepEqual(
    [...header.tensors.keys()],
    ["nothing", "constructor", "__proto__", "bytes"],
    "wider first: aligned",
  );
  assert.equal(header.headerBytes % 8, 0);
  for (const { name, dtype, shape, data } of tensors) {
    const read = header.tensors.get(name)!;
    assert.equal(read.dtype, dtype);
    assert.deepEqual(read.shape, shape);
    assert.deepEqual([...file.subarray(read.begin, read.end)], [...data]);
  }
  assert.throws(
    () => [...serializeSafetensors({}, [{ name: "t", dtype: "F32", shape: [2], data: data(7) }])],
    RangeError,
  );
});

test("reads what the safetensors library wrote", async () => {
  const header = readSafetensors(await readFile(`${HEADS}token-classification/model.safetensors`));
  assert.deepEqual([...header.metadata], [["format", "pt"]]);
  assert.equal(header.tensors.size, 41);
  assert.deepEqual(header.tensors.get("classifier.weight")?.shape, [5, 64]);
});

test("a header's length", () => {
  assert.equal(readHeaderLength(prefixOf(100_000_000n), "f"), HEADER_LIMIT);
  const fails = (bytes: Uint8Array, ...expected: [string, ...string[]]) =>
    assert.throws(
      () => readHeaderLength(bytes, "model.bin"),
      failure(expected[0], "model.bin", ...expected.slice(1)),
    );
  fails(new Uint8Array(7), "truncated", "7 bytes");
  fails(new Uint8Array(0), "truncated");
  fails(prefixOf(0n), "header-malformed");
  fails(prefixOf(100_000_001n), "header-too-large", "100000001", "100000000");
  fails(prefixOf(2n ** 53n), "header-too-large", "9007199254740992");
  fails(prefixOf(2n ** 64n - 1n), "header-too-large");
});

test("a file of another kind is called what it looks like", () => {
  const kinds: [string | Uint8Array, string][] = [
    ["PK\x03\x04....", "zip"],
    [Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46), "pickle"],
    ["version https://git-lfs.github.com/spec/v1", "git-lfs"],
    ["<!DOCTYPE html>", "HTML"],
    ["\n\n<html><body>", "HTML"],
    ['{"architectures"', "JSON"],
    ["GGUF\x03\0\0\0\x01", "GGUF"],
  ];
  for (const [start, kind] of kinds) {
    const bytes = typeof start === "string" ? bytesOf(start) : start;
    assert.throws(() => readHeaderLength(bytes, "f"), failure("not-a-model", kind));
  }
});

test("a header that is not the JSON object it must be", () => {
  assert.throws(() => parse(' {"t":1}'), failure("header-malformed", "{"));
  assert.throws(() => parse("[]      "), failure("header-malformed"));
  assert.throws(() => parse('{"t":'), failure("header-malformed", "JSON"));
  assert.throws(
    () => parseHeader(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), "f"),
    failure("header-malformed", "UTF-8"),
  );
  assert.throws(() => parse({ t: 5 }), failure("header-malformed", '"t"', "number"));
  assert.throws(() => parse({ t: [] }), failure("header-malformed", "list"));
  assert.throws(() => parse({ t: null }), failure("header-malformed", "null"));
  assert.throws(
    () => parse(`{"t":${"[".repeat(1e5)}${"]".repeat(1e5)}}`),
    failure("header-malformed", "deep"),
  );
});

test("duplicate keys, escaped or deep inside", () => {
  const tensor = JSON.stringify(f32([1], 0, 4));
  assert.throws(() => parse(`{"t":${tensor},"t":${tensor}}`), failure("duplicate-key", '"t"'));
  assert.throws(() => parse(`{"t":${tensor} , "\\u0074" : ${tensor}}`), failure("duplicate-key", '"t"'));
  assert.throws(() => parse('{"__metadata__":{"a":"1","a":"1"}}'), failure("duplicate-key", '"a"'));
  assert.throws(() => parse('{"__metadata__":{},"__metadata__":{}}'), failure("duplicate-key"));
  assert.throws(
    () => parse('{"t":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,4]}}'),
    failure("duplicate-key", '"shape"'),
  );
  // The same word as key and as value, or in two objects, is no duplicate; nor are quotes and braces inside strings.
  const fine = `{"__metadata__":{"a":"a","b":"{\\"a\\":1,\\"a\\":2}","c\\\\":"\\\\"},"a":${tensor}}`;
  assert.equal(parse(fine).metadata.get("b"), '{"a":1,"a":2}');
});

test("metadata that isn't an object of strings", () => {
  for (const metadata of [5, null, [], ["a"], "pt"]) {
    assert.throws(
      () => parse({ __metadata__: metadata }),
      failure("metadata-malformed", "object of strings"),
    );
  }
  for (const value of [5, null, {}, [], true]) {
    assert.throws(() => parse({ __metadata__: { epoch: value } }), failure("metadata-malformed", '"epoch"'));
  }
});

test("unknown dtypes", () => {
  for (const dtype of ["F8_E4M3", "f32", "", "toString", "__proto__", 5, null, undefined]) {
    assert.throws(() => parse({ t: { ...f32([1], 0, 4), dtype } }), failure("unknown-dtype", '"t"', "F32"));
  }
});

test("shapes that can't be, or don't match their bytes", () => {
  const huge = 2 ** 53;
  for (const shape of [undefined, null, 4, "4", [-1], [1.5], ["1"], [null], [huge], [1e300], { 0: 1 }]) {
    assert.throws(() => parse({ t: f32(shape, 0, 4) }), failure("bad-shape", '"t"'));
  }
  // Products beyond 2^53, one of which would wrap around to 0 in 64-bit arithmetic.
  for (const shape of [[huge - 1], [2 ** 32, 2 ** 32], [2 ** 31, 2 ** 31, 4], [huge - 1, huge - 1]]) {
    assert.throws(() => parse({ t: f32(shape, 0, 0) }), failure("bad-shape", "2^53"));
  }
  assert.throws(() => parse({ t: f32([2], 0, 4) }), failure("bad-shape", "8 bytes", "4"));
  assert.throws(() => parse({ t: f32([], 0, 8) }), failure("bad-shape", "4 bytes"));
  assert.throws(() => parse({ t: f32([0], 0, 4) }), failure("bad-shape", "0 bytes"));
});

test("offsets that can't be", () => {
  const huge = 2 ** 53;
  for (const offsets of [
    undefined,
    null,
    [],
    [0],
    [0, 4, 4],
    [-4, 0],
    [0, 4.5],
    ["0", "4"],
    [huge, huge + 4],
  ]) {
    assert.throws(
      () => parse({ t: { ...f32([1], 0, 4), data_offsets: offsets } }),
      failure("bad-offsets", '"t"'),
    );
  }
  assert.throws(() => parse({ t: f32([1], 4, 0) }), failure("bad-offsets", "backwards"));
  assert.throws(() => parse({ t: f32([0], huge - 1, huge - 1) }), failure("bad-offsets", "2^53"));
});

test("overlaps and holes", () => {
  assert.throws(
    () => parse({ a: f32([2], 0, 8), b: f32([2], 4, 12) }),
    failure("bad-offsets", '"b"', "overlaps"),
  );
  assert.throws(() => parse({ a: f32([2], 0, 8), b: f32([2], 0, 8) }), failure("bad-offsets", "overlaps"));
  assert.throws(
    () => parse({ a: f32([1], 0, 4), b: f32([1], 8, 12) }),
    failure("bad-offsets", '"b"', "hole"),
  );
  assert.throws(() => parse({ a: f32([1], 4, 8) }), failure("bad-offsets", '"a"', "hole"));
  assert.throws(() => parse({ a: f32([2], 0, 8), empty: f32([0], 4, 4) }), failure("bad-offsets", "empty"));
  const fine = parse({ b: f32([1], 4, 8), empty: f32([0], 4, 4), a: f32([1], 0, 4) });
  assert.deepEqual([...fine.tensors.keys()], ["a", "empty", "b"]);
});

test("a file longer or shorter than its header says", () => {
  const header = parse({ t: f32([1], 0, 4) });
  checkByteLength(header, header.byteLength, "f");
  assert.throws(
    () => checkByteLength(header, header.byteLength - 1, "f"),
    failure("truncated", String(header.byteLength)),
  );
  assert.throws(() => checkByteLength(header, header.byteLength + 1, "f"), failure("trailing-bytes"));
  const absurd = parse({ t: { dtype: "U8", shape: [2 ** 52], data_offsets: [0, 2 ** 52] } });
  assert.throws(() => checkByteLength(absurd, 100, "f"), failure("truncated", "100"));
});
