import { type FileHandle, open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ModelFileError } from "../errors.ts";
import type { ByteReader } from "../model/byte-reader.ts";
import { type OpenSource, openSource, refuseHubId } from "./source.ts";

/** As `openSource`, and a string that is no URL, or a `file:` URL, is a path. */
export const openSourceOrPath: OpenSource = async (source) => {
  if (source instanceof URL && source.protocol === "file:") return FileReader.open(fileURLToPath(source));
  if (typeof source !== "string" || /^(https?|data|blob):/i.test(source)) return openSource(source);
  return FileReader.open(/^file:/i.test(source) ? fileURLToPath(source) : source);
};

class FileReader implements ByteReader {
  readonly name: string;
  readonly byteLength: number;
  readonly #file: FileHandle;
  #buffer = new Uint8Array(0);

  private constructor(name: string, byteLength: number, file: FileHandle) {
    this.name = name;
    this.byteLength = byteLength;
    this.#file = file;
  }

  static async open(path: string): Promise<FileReader> {
    const file = await open(path).catch((error) => {
      if (error.code === "ENOENT") refuseHubId(path);
      throw new ModelFileError("unreadable", path, `can't be opened: ${error.code ?? error}`);
    });
    const status = await file.stat();
    if (status.isFile()) return new FileReader(path, status.size, file);
    await file.close();
    throw new ModelFileError("unreadable", path, "is not a file");
  }

  async read(count: number): Promise<Uint8Array> {
    const capacity = Math.min(count, this.byteLength);
    if (this.#buffer.byteLength < capacity) this.#buffer = new Uint8Array(capacity);
    const bytes = this.#buffer.subarray(0, capacity);
    let filled = 0;
    while (filled < bytes.byteLength) {
      const { bytesRead } = await this.#file.read(bytes, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
