import { readDataset } from "../../src/data/index.ts";
import { readTextFile } from "../../src/data/text-file.ts";
import { DataError } from "../../src/errors.ts";

/** The texts of labelled data, or of a file with one in each line. */
export async function readPlainTexts(file: string): Promise<readonly string[]> {
  try {
    return (await readDataset(file)).examples.map(({ text }) => text);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return (await readTextFile(file)).split(/\r?\n/).filter((line) => line.trim() !== "");
  }
}

/** Places of ideographs that the vocabulary has, spread over the text: one of so many, the first one aside. */
export function placesIn(text: string, vocab: ReadonlySet<string>, stride: number): number[] {
  const known = [...text.matchAll(/\p{Script=Han}/gu)].filter(
    ([character]) => character.length === 1 && vocab.has(character),
  );
  return known.filter((_, i) => i % stride === stride - 1).map(({ index }) => index);
}
