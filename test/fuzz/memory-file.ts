import type { RandomAccess } from "../../src/convert/binary-file.ts";
import { ConvertError } from "../../src/errors.ts";

/** Bytes that are read as `BinaryFile` reads a file's. */
export class MemoryFile implements RandomAccess {
  readonly path = "f";
  readonly size: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!Number.isSafeInteger(position) || position < 0 || position + length > this.size) {
      throw new ConvertError(
        "checkpoint-malformed",
        this.path,
        `no ${length} bytes from byte ${position} on`,
      );
    }
    return Uint8Array.from(this.#bytes.subarray(position, position + length));
  }
}
