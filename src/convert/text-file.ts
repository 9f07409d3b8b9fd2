import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConvertError } from "../errors.ts";
import { parseStrictJson } from "../model/file/json.ts";
import { readError } from "./binary-file.ts";

/** Configurations and vocabularies take kilobytes, a large `tokenizer.json` some megabytes. */
const SIZE_LIMIT = 100_000_000;

/** An object from a JSON file, with the file that its fields' errors name. */
export interface JsonFile {
  readonly file: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The text of a file in `directory`; undefined where there is no such file. */
export async function readText(directory: string, name: string): Promise<string | undefined> {
  const file = join(directory, name);
  let bytes: Uint8Array;
  try {
    const { size } = await stat(file);
    if (size > SIZE_LIMIT) {
      throw new ConvertError("unreadable", file, `${size} bytes are over the limit of ${SIZE_LIMIT}`);
    }
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof ConvertError) throw error;
    const typed = readError(file, error);
    if (typed.code === "file-missing") return undefined;
    throw typed;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConvertError("unreadable", file, "not UTF-8");
  }
}

/** The object in a JSON file in `directory`; undefined where there is no such file. */
export async function readJsonObject(directory: string, name: string): Promise<JsonFile | undefined> {
  const text = await readText(directory, name);
  return text === undefined ? undefined : parseJsonObject(text, join(directory, name));
}

/** The object that a file's text is. */
export function parseJsonObject(text: string, file: string): JsonFile {
  const fail = (detail: string): never => {
    throw new ConvertError("unreadable", file, detail);
  };
  const fields = parseStrictJson(text, (_rule, detail) => fail(detail));
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    return fail("expected a JSON object");
  }
  return { file, fields: fields as Record<string, unknown> };
}
