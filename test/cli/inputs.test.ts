import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type InputText, readLines } from "../../src/cli/inputs.ts";
import { DataError } from "../../src/errors.ts";

/** Reads `bytes` handed over in pieces of `size`, as a pipe would. */
async function linesOf(bytes: Uint8Array, size = bytes.length || 1) {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const lines: InputText[] = [];
  for await (const line of readLines(pieces(), "in.txt")) lines.push(line);
  return lines;
}

const encode = (text: string) => new TextEncoder().encode(text);

describe("readLines", () => {
  it("gives the same lines however the bytes are cut", async () => {
    const bytes = encode("张三\r\n\n𠮷田😀\n最后");
    for (const size of [1, 2, 3, 5, 7, bytes.length]) {
      const lines = await linesOf(bytes, size);
      assert.deepEqual(
        lines.map(({ text }) => text),
        ["张三", "", "𠮷田😀", "最后"],
        `pieces of ${size}`,
      );
      assert.equal(lines.at(-1)!.bytesRead, bytes.length);
    }
  });

  it("names each line's place, and counts no line after the last line feed", async () => {
    assert.deepEqual(
      (await linesOf(encode("a\nb\n"))).map(({ place }) => place),
      ["in.txt:1", "in.txt:2"],
    );
    assert.deepEqual(await linesOf(encode("")), []);
  });

  it("splits at line feeds alone: U+2028 belongs to the text", async () => {
    const [line] = await linesOf(encode("a\u2028b\rc"));
    assert.equal(line!.text, "a\u2028b\rc");
  });

  it("drops a byte-order mark at the start, and only there", async () => {
    const lines = await linesOf(encode("\uFEFFa\n\uFEFFb"));
    assert.deepEqual(
      lines.map(({ text }) => text),
      ["a", "\uFEFFb"],
    );
  });

  it("names the line that is not UTF-8", async () => {
    await assert.rejects(linesOf(Uint8Array.of(0x61, 0x0a, 0xd5, 0xc5)), (error) => {
      assert.ok(error instanceof DataError);
      assert.equal(error.message, "in.txt:2: is not UTF-8 text");
      return true;
    });
  });
});
