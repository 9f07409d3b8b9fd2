import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConvertError } from "../errors.ts";

const temporaryName = (name: string) => `.${name}.${randomBytes(6).toString("hex")}.tmp`;

/** Whether a name is of a file that {@link writeFileAtomically} has not finished. */
export const isUnfinished = (name: string): boolean => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name);

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
  const temporary = join(dirname(path), temporaryName(basename(path)));
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

/**
 * Writes a folder whole or not at all: its files under a temporary name beside it, then renamed. On an error nothing is
 * left, and what was there before stays.
 *
 * @param files by name; each is written as {@link writeFileAtomically} does
 * @param overwrite whether a folder that is there gives way, if it holds no other files than these
 * @throws {ConvertError} `unwritable`
 */
export async function writeFolderAtomically(
  path: string,
  files: ReadonlyMap<string, AsyncIterable<Uint8Array> | Iterable<Uint8Array | string>>,
  overwrite: boolean,
): Promise<void> {
  const unwritable = (error: unknown): never => {
    throw new ConvertError("unwritable", path, (error as Error).message, { cause: error });
  };
  const before = await readdir(path).catch((error) =>
    error.code === "ENOENT" ? undefined : unwritable(error),
  );
  if (before !== undefined && !overwrite) unwritable(new Error("exists already"));
  const stranger = before?.find((name) => !files.has(name));
  if (stranger !== undefined) unwritable(new Error(`holds ${stranger}, which is no file of an export`));

  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  const [fresh, old] = [`${beside}.tmp`, `${beside}.old`];
  await mkdir(fresh).catch(unwritable);
  try {
    for (const [name, chunks] of files) await writeFileAtomically(join(fresh, name), chunks);
    if (before !== undefined) await rename(path, old).catch(unwritable);
    await rename(fresh, path).catch(async (error) => {
      if (before !== undefined) await rename(old, path);
      unwritable(error);
    });
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}
