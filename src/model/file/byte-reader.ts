import { ModelFileError } from "../../errors.ts";

/** The bytes of a model in order, as many at a time as are asked for, wherever they come from. */
export interface ByteReader {
  /** What the user called the source; errors name it. */
  readonly name: string;
  /** Bytes in all, where it is known before reading. */
  readonly byteLength: number | undefined;
  /** The next `count` bytes; fewer only at the end. What it returns may be reused by the next call. */
  read(count: number): Promise<Uint8Array>;
  /** Lets go of the source, read to its end or not. */
  close(): Promise<void>;
}

/** Reads bytes that are in memory already, without copying them. */
export class MemoryReader implements ByteReader {
  readonly name: string;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.name = name;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  async read(count: number): Promise<Uint8Array> {
    const bytes = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += bytes.byteLength;
    return bytes;
  }

  async close(): Promise<void> {}
}

/** Reads a stream, holding no more than what was asked for and one chunk. */
export class StreamReader implements ByteReader {
  readonly name: string;
  readonly byteLength = undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array>, name: string) {
    this.#reader = stream.getReader();
    this.name = name;
  }

  async read(count: number): Promise<Uint8Array> {
    // Parts are kept until they are all there: a size that a file merely claims allocates nothing.
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#chunk.byteLength === 0 && !(await this.#nextChunk())) break;
      const part = this.#chunk.subarray(0, missing);
      this.#chunk = this.#chunk.subarray(part.byteLength);
      missing -= part.byteLength;
      parts.push(part);
    }
    if (parts.length === 1) return parts[0]!;
    const bytes = new Uint8Array(count - missing);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    return bytes;
  }

  async close(): Promise<void> {
    // A stream that has failed rejects this too; whoever was reading has already been told why.
    await this.#reader.cancel().catch(() => {});
  }

  async #nextChunk(): Promise<boolean> {
    const { value, done } = await this.#reader.read().catch((error) => {
      throw new ModelFileError("unreadable", this.name, `the stream broke off: ${error}`);
    });
    if (done) return false;
    if (!(value instanceof Uint8Array)) {
      throw new ModelFileError(
        "unreadable",
        this.name,
        `the stream must yield Uint8Array, not ${typeof value}`,
      );
    }
    this.#chunk = value;
    return true;
  }
}
