import { extname } from "node:path";
import type { Writable } from "node:stream";
import { Option } from "commander";
import { DataError, InputError } from "../errors.ts";
import { printable } from "../report/printable.ts";
import type { InputText } from "./inputs.ts";
import { write } from "./terminal.ts";

const INPUT_FORMATS = ["text", "ndjson"] as const;
const ERROR_POLICIES = ["fail", "skip"] as const;

export interface RecordOptions {
  readonly inputFormat?: (typeof INPUT_FORMATS)[number];
  readonly textField: string;
  readonly onError: (typeof ERROR_POLICIES)[number];
}

export const recordOptions = (): Option[] => [
  new Option(
    "--input-format <name>",
    "what a line is: a text, or JSON that has one (default: as .ndjson and .jsonl say, else text)",
  ).choices(INPUT_FORMATS),
  new Option("--text-field <name>", "where a line of JSON has its text").default("text"),
  new Option("--on-error <what>", "what to do about lines that can't be used")
    .choices(ERROR_POLICIES)
    .default("fail"),
];

/** A text, and the line of JSON that it came in, if any. */
export interface RecordText extends InputText {
  readonly record?: string;
}

/** @param argument of `run` */
export function holdsRecords(argument: string | undefined, { inputFormat }: RecordOptions): boolean {
  if (inputFormat !== undefined) return inputFormat === "ndjson";
  return argument !== undefined && /^\.(?:ndjson|jsonl)$/i.test(extname(argument));
}

/** Decides about lines that can't be used: the first ends it all, or each is named and left out. */
export class BadLines {
  readonly #skip: boolean;
  readonly #output: Writable;

  constructor({ onError }: RecordOptions, output: Writable) {
    this.#skip = onError === "skip";
    this.#output = output;
  }

  /** @throws {unknown} the error itself, unless it is a line's and lines may be skipped */
  readonly meet = async (error: unknown): Promise<void> => {
    if (!this.#skip || !(error instanceof DataError || error instanceof InputError)) throw error;
    await write(this.#output, `electra-edge: skipped: ${printable(error.message)}\n`);
  };
}

/** Takes the texts out of lines of JSON. Blank lines are none. */
export async function* readRecords(
  lines: AsyncIterable<InputText>,
  textField: string,
  badLines: BadLines,
): AsyncGenerator<RecordText> {
  for await (const { text: line, place, bytesRead } of lines) {
    const record = line.trim();
    if (record === "") continue;
    let text: string;
    try {
      text = textOf(record, textField, place);
    } catch (error) {
      await badLines.meet(error);
      continue;
    }
    yield { text, place, bytesRead, record };
  }
}

/** @throws {DataError} naming the line */
function textOf(record: string, textField: string, place = "the input"): string {
  const fail = (detail: string): never => {
    throw new DataError(place, undefined, detail);
  };
  let json: unknown;
  try {
    json = JSON.parse(record);
  } catch {
    return fail("is not JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return fail("is not a JSON object");
  if (!Object.hasOwn(json, textField)) return fail(`has no field "${textField}"`);
  const text = (json as Record<string, unknown>)[textField];
  return typeof text === "string" ? text : fail(`its field "${textField}" is not a string`);
}

/**
 * A line of JSON with what was found of its text. All else stays as it is written, since numbers of more digits than
 * JavaScript's would else be other ones; only where it has such a field already, its fields are written anew.
 *
 * @param found the same as `--format ndjson` prints it of a text alone
 */
export function extendRecord(record: string, found: string): string {
  const json = JSON.parse(record);
  const { text, ...fields } = JSON.parse(found);
  if (Object.keys(fields).some((name) => Object.hasOwn(json, name))) {
    return `${JSON.stringify({ ...json, ...fields })}\n`;
  }
  return `${record.slice(0, -1)},${JSON.stringify(fields).slice(1)}\n`;
}
