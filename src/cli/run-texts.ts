import { openInput } from "./inputs.ts";
import type { FormatName } from "./output-formats.ts";
import { startProgress } from "./progress.ts";
import {
  BadLines,
  extendRecord,
  holdsRecords,
  type RecordOptions,
  type RecordText,
  readRecords,
} from "./records.ts";
import { write } from "./terminal.ts";

/** A loaded model, and how what it finds is written. */
export interface TextRunner {
  readonly head: string;
  /**
   * @param index of the text among those that were written, from 0
   * @param place what errors name
   * @param onPart told how much of the text is done
   */
  text(
    text: string,
    index: number,
    place: string | undefined,
    onPart: (part: number) => void,
  ): Promise<string>;
  /** @param count how many texts there were */
  tail(count: number): string;
  dispose(): void;
}

/**
 * Runs over a text, a file or standard input and writes what is found, text by text.
 *
 * @param load after the input is known to be there
 */
export async function runTexts(
  argument: string | undefined,
  options: RecordOptions & { readonly format: FormatName },
  load: () => Promise<TextRunner>,
): Promise<void> {
  const badLines = new BadLines(options, process.stderr);
  const input = openInput(argument, process.stdin, badLines.meet);
  const texts: AsyncIterable<RecordText> = holdsRecords(argument, options)
    ? readRecords(input.texts, options.textField, badLines)
    : input.texts;
  const runner = await load();
  // On a terminal the results themselves show how far it has got.
  const progress = process.stdout.isTTY ? undefined : startProgress("texts", process.stderr);
  try {
    await write(process.stdout, runner.head);
    let count = 0;
    let begun = 0;
    for await (const { text, place, bytesRead, record } of texts) {
      const show = (part: number) => {
        const bytes = begun + part * (bytesRead - begun);
        progress?.update(count, input.byteLength === undefined ? undefined : bytes / input.byteLength);
      };
      const written = await runner.text(text, count, place, show).catch(badLines.meet);
      begun = bytesRead;
      if (written === undefined) continue;
      const isRecord = record !== undefined && options.format === "ndjson";
      await write(process.stdout, isRecord ? extendRecord(record, written) : written);
      count++;
      show(1);
    }
    await write(process.stdout, runner.tail(count));
  } finally {
    progress?.stop();
    runner.dispose();
  }
}
