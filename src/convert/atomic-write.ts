import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConvertError } from "../errors.ts";

/**
 * Writes a file whole or not at all: under a temporary name beside it, flushed to the disk, then renamed. On an error
 * nothing is left, and a file that was there before stays.
 *
 * @param chunks may be made while they are written; their errors pass through
 * @throws {ConvertError} `unwritable`
 */
export async function writeFileAtomically(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array | string>,
): Promise<void> {
  const unwritable = (error: unknown): never => {
    throw new ConvertError("unwritable", path, (error as Error).message, { cause: error });
  };
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  const handle = await open(temporary, "wx").catch(unwritable);
  try {
    try {
      for await (const chunk of chunks) await handle.writeFile(chunk).catch(unwritable);
      await handle.sync().catch(unwritable);
    } finally {
      await handle.close();
    }
    await rename(temporary, path).catch(unwritable);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
