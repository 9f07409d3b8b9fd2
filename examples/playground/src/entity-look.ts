import { colorAttributes } from "../../../src/report/marked-text.ts";
import { hasText, text } from "./language.ts";

/** Types keep their colour from text to text; those that none of the shipped models has follow in order of appearance. */
const types = ["P", "T", "A1", "A2", "A3", "A4", "PER", "TEL", "ADDR", "ORG"];
const SAME: Readonly<Record<string, string>> = { PER: "P", TEL: "T", ADDR: "A4" };

export function colorOf(type: string, ...classes: readonly string[]): string {
  const known = SAME[type] ?? type;
  if (!types.includes(known)) types.push(known);
  return colorAttributes(types.indexOf(known), ...classes);
}

/** A type in words, where it is one of the shipped models'. */
export const typeName = (type: string): string => {
  const key = `type.${type}`;
  return hasText(key) ? text(key) : type;
};

/** A label's type: that of `B-P`, `P-B`; "" for `O`. */
export function typeOf(label: string): string {
  const match = /^(?:[BIESM]-(.+)|(.+)-[BIESM])$/.exec(label);
  return match?.[1] ?? match?.[2] ?? "";
}
