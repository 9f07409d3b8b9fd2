import { readFile } from "node:fs/promises";
import { DataError } from "../errors.ts";

/**
 * A file of UTF-8 as text, less a byte-order mark.
 *
 * @throws {DataError} where it can't be read or isn't UTF-8
 */
export async function readTextFile(file: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DataError(file, undefined, code === "ENOENT" ? "no such file" : `can't be read: ${message}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new DataError(file, undefined, "is not UTF-8 text");
  }
}
