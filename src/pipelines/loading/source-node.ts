import { type FileHandle, open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ModelFileError } from "../../errors.ts";
import type { ByteReader } from "../../model/file/byte-reader.ts";
import { type OpenSource, openSource, refuseHubId } from "./source.ts";

/** As `openSource`, and a string that is no URL, or a `file:` URL, is a path. */
export const openSourceOrPath: OpenSource = async (source, signal) => {
  if (source instanceof URL && source.protocol === "file:") return FileReader.open(fileURLToPath(source));
  if (typeof source !== "string" || /^(https?|data|blob):/i.test(source)) return openSource(source, signal);
  return FileReader.open(/^file:/i.test(source) ? fileURLToPath(source) : source);
};

/** Large enough for the trips to Node's thread pool to cost nothing, small enough for two of them to weigh nothing. */
const BLOCK_BYTES = 1 << 20;

/** Reads a file in blocks, each while the tensors of the one before are put in their places. */
class FileReader implements ByteReader {
  readonly name: string;
  readonly byteLength: number;
  readonly #file: FileHandle;
  /** What has been read and not handed out. */
  #block = new Uint8Array(0);
  /** The block after it, on its way. */
  #coming: Promise<Uint8Array<ArrayBuffer>>;
  /** Memory for the block that follows the coming one. */
  #spare: ArrayBuffer;
  #joined = new Uint8Array(0);

  private constructor(name: string, byteLength: number, file: FileHandle) {
    this.name = name;
    this.byteLength = byteLength;
    this.#file = file;
    const blockBytes = Math.min(BLOCK_BYTES, byteLength);
    this.#coming = this.#readBlock(new ArrayBuffer(blockBytes));
    this.#spare = new ArrayBuffer(blockBytes);
  }

  static async open(path: string): Promise<FileReader> {
    const file = await open(path).catch((error) => {
      if (error.code === "ENOENT") refuseHubId(path);
      throw new ModelFileError("unreadable", path, `can't be opened: ${error.code ?? error}`);
    });
    try {
      const status = await file.stat();
      if (status.isFile()) return new FileReader(path, status.size, file);
      throw new ModelFileError("unreadable", path, "is not a file");
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(count: number): Promise<Uint8Array> {
    if (this.#block.byteLength === 0) await this.#turnTo(this.#coming);
    if (count <= this.#block.byteLength) return this.#take(count);
    const capacity = Math.min(count, this.byteLength);
    if (this.#joined.byteLength < capacity) this.#joined = new Uint8Array(capacity);
    let filled = 0;
    while (filled < capacity && this.#block.byteLength > 0) {
      const part = this.#take(capacity - filled);
      this.#joined.set(part, filled);
      filled += part.byteLength;
      if (this.#block.byteLength === 0) await this.#turnTo(this.#coming);
    }
    return this.#joined.subarray(0, filled);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #take(count: number): Uint8Array {
    const part = this.#block.subarray(0, count);
    this.#block = this.#block.subarray(part.byteLength);
    return part;
  }

  /** Makes the coming block the current one, whose memory then takes the block after the next. */
  async #turnTo(coming: Promise<Uint8Array<ArrayBuffer>>): Promise<void> {
    this.#block = await coming;
    if (this.#block.byteLength > 0) this.#coming = this.#readBlock(this.#spare);
    this.#spare = this.#block.buffer;
  }

  #readBlock(memory: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
    const block = this.#fill(new Uint8Array(memory));
    // Closed early, nobody waits for it.
    block.catch(() => {});
    return block;
  }

  async #fill(block: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    let filled = 0;
    while (filled < block.byteLength) {
      const { bytesRead } = await this.#file.read(block, filled).catch((error) => {
        throw new ModelFileError("unreadable", this.name, `can't be read: ${error.code ?? error}`);
      });
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return block.subarray(0, filled);
  }
}
