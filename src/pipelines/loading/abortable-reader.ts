import type { ByteReader } from "../../model/file/byte-reader.ts";

/** Reads until a signal aborts: then the source is let go of at once and whatever is being read rejects with the reason. */
export class AbortableReader implements ByteReader {
  readonly #reader: ByteReader;
  readonly #signal: AbortSignal;
  readonly #letGo = () => void this.#reader.close();

  constructor(reader: ByteReader, signal: AbortSignal) {
    this.#reader = reader;
    this.#signal = signal;
    signal.addEventListener("abort", this.#letGo);
  }

  get name(): string {
    return this.#reader.name;
  }

  get byteLength(): number | undefined {
    return this.#reader.byteLength;
  }

  async read(count: number): Promise<Uint8Array> {
    this.#signal.throwIfAborted();
    try {
      return await this.#reader.read(count);
    } finally {
      // A source let go of ends early or fails, each in its own way; the reason is the signal's.
      this.#signal.throwIfAborted();
    }
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#letGo);
    await this.#reader.close();
  }
}
