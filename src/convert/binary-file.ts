import { access, type FileHandle, open } from "node:fs/promises";
import { ConvertError } from "../errors.ts";

/** The most that one read call of every system takes. */
const READ_LIMIT = 2 ** 30;

/** What the readers of formats need of a file, which may be in memory. */
export type RandomAccess = Pick<BinaryFile, "path" | "size" | "read">;

/** A file that is read piece by piece, never beyond its end. */
export class BinaryFile {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** @throws {ConvertError} `file-missing` or `unreadable` */
  static async open(path: string): Promise<BinaryFile> {
    const handle = await open(path).catch((error) => {
      throw readError(path, error);
    });
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new ConvertError("unreadable", path, "not a file");
      return new BinaryFile(path, stats.size, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Reads exactly `length` bytes into memory of their own.
   *
   * @throws {ConvertError} `checkpoint-malformed` where the file doesn't hold them; nothing is allocated then
   */
  async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!Number.isSafeInteger(position) || position < 0 || position + length > this.size) {
      throw this.#tooShort(position, length);
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle
        .read(bytes, done, Math.min(length - done, READ_LIMIT), position + done)
        .catch((error) => {
          throw readError(this.path, error);
        });
      if (bytesRead === 0) throw this.#tooShort(position, length);
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #tooShort(position: number, length: number): ConvertError {
    const detail = `expected ${length} bytes from byte ${position} on, but the file has ${this.size}`;
    return new ConvertError("checkpoint-malformed", this.path, detail);
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The typed form of an error from reading `path`. */
export function readError(path: string, error: unknown): ConvertError {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") {
    return new ConvertError("file-missing", path, "no such file");
  }
  return new ConvertError("unreadable", path, (error as Error).message, { cause: error });
}
