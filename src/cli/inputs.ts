import { createReadStream, type Stats, statSync } from "node:fs";
import { DataError } from "../errors.ts";
import { UsageError } from "./failure.ts";

export interface InputText {
  readonly text: string;
  /** `waybills.txt:3`; undefined for a text given on the command line. */
  readonly place: string | undefined;
  /** Bytes of the input up to the end of this text. */
  readonly bytesRead: number;
}

export interface Input {
  readonly texts: AsyncIterable<InputText>;
  /** Bytes of the whole input; undefined where that isn't known before its end. */
  readonly byteLength: number | undefined;
}

/**
 * Finds what the argument of `run` means: `-`, or nothing while something is piped in, is standard input; the path of
 * a file is that file; anything else is the text itself. Files and standard input hold one text a line.
 *
 * @param onBadLine as of {@link readLines}
 */
export function openInput(
  argument: string | undefined,
  stdin: NodeJS.ReadStream,
  onBadLine?: (error: unknown) => Promise<void>,
): Input {
  if (argument === "-" || (argument === undefined && !stdin.isTTY)) {
    return { texts: readLines(stdin, "standard input", onBadLine), byteLength: undefined };
  }
  if (argument === undefined) {
    throw new UsageError("nothing to read: give a text, a file, or - with something piped in");
  }
  const stats = fileStats(argument);
  if (stats?.isFile()) {
    return { texts: readLines(createReadStream(argument), argument, onBadLine), byteLength: stats.size };
  }
  return { texts: single(argument), byteLength: undefined };
}

function fileStats(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // A text is often too long for a path or holds what a path may not: then it is no file.
    return undefined;
  }
}

async function* single(text: string): AsyncGenerator<InputText> {
  yield { text, place: undefined, bytesRead: Buffer.byteLength(text) };
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Splits UTF-8 at line feeds, each line yielded as soon as it is whole. Unlike `node:readline` it keeps U+2028 and
 * U+2029, which belong to the text.
 *
 * @param onBadLine is given the {@link DataError} that names a line that isn't UTF-8, and throws it unless the line may be
 * left out
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  onBadLine: (error: unknown) => Promise<void> = Promise.reject.bind(Promise),
): AsyncGenerator<InputText> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let pending: Uint8Array[] = [];
  let line = 0;
  let bytesRead = 0;

  const finish = async (): Promise<readonly InputText[]> => {
    line++;
    let bytes: Uint8Array = Buffer.concat(pending);
    pending = [];
    bytesRead += bytes.length;
    if (bytes.at(-1) === LINE_FEED) bytes = bytes.subarray(0, -1);
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
    try {
      const decoded = decoder.decode(bytes);
      const text = line === 1 ? decoded.replace(/^\uFEFF/u, "") : decoded;
      return [{ text, place: `${name}:${line}`, bytesRead }];
    } catch {
      await onBadLine(new DataError(name, line, "is not UTF-8 text"));
      return [];
    }
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      pending.push(chunk.subarray(start, end + 1));
      start = end + 1;
      yield* await finish();
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  if (pending.length > 0) yield* await finish();
}
