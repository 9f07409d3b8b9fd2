// Made-up waybills as long texts: rows one after the other, in each text with the same separator or none. A text may begin in
// the middle of a row, as a window does. `finetune` reads the file.
//
//   node bench/long-texts/joined-waybills.ts FILE TEXTS SEED
import { writeFile } from "node:fs/promises";
import { HEADER, type Part, waybillLine } from "../../examples/waybill/parts.ts";
import { waybills } from "../../examples/waybill/waybills.ts";

const SHORTEST = 20;
const LONGEST = 500;
const SEPARATORS = ["", "", "。", "，", " ", "；"];

const [file, texts, seed] = process.argv.slice(2);
if (file === undefined || texts === undefined || seed === undefined)
  throw new Error("expected a file, how many texts, and a seed");

let state = Number(seed);
/** A number from 0 to below `limit`. */
const below = (limit: number): number => {
  state = (state * 1664525 + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};
const rows = waybills(Number(seed));
const lengthOf = (parts: readonly Part[]) => parts.reduce((sum, { text }) => sum + [...text].length, 0);

const nextRow = (): Part[] =>
  rows.next().value!.map(({ label, text }: Part) => ({ label, text: text.replaceAll("\n", " ") }));

/** A row from somewhere on. A telephone number is cut nowhere. */
function restOfRow(): Part[] {
  const row = nextRow();
  const [first, ...others] = row.slice(below(row.length));
  if (first!.label === "T" || below(2) === 1) return [first!, ...others];
  const letters = [...first!.text];
  return [{ ...first!, text: letters.slice(below(letters.length)).join("") }, ...others];
}

function joined(): Part[] {
  const least = SHORTEST + below(LONGEST - SHORTEST);
  const separator: Part = { label: "O", text: SEPARATORS[below(SEPARATORS.length)]! };
  const between = separator.text === "" ? [] : [separator];
  let parts = restOfRow();
  let length = lengthOf(parts) + separator.text.length;
  while (length < least) {
    const row = nextRow();
    length += lengthOf(row) + separator.text.length;
    if (length > LONGEST) break;
    parts = [...parts, ...between, ...row];
  }
  return parts;
}

const lines = Array.from({ length: Number(texts) }, () => waybillLine(joined()));
await writeFile(file, `${[HEADER, ...lines].join("\n")}\n`);
