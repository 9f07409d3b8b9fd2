import type { Passage } from "./passages.ts";

/** An entity's place in its passage. */
export interface Place {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The text with its entities replaced: "[Person 1]". The same word gets the same number, so that one can still tell who is
 * who.
 *
 * @param places of each passage's entities, in order
 */
export function redact(
  passages: readonly Passage[],
  places: readonly (readonly Place[])[],
  nameOf: (type: string) => string,
): string {
  const numbers = new Map<string, Map<string, number>>();
  const substitute = (type: string, word: string) => {
    const known = numbers.get(type) ?? new Map<string, number>();
    numbers.set(type, known);
    if (!known.has(word)) known.set(word, known.size + 1);
    return `[${nameOf(type)} ${known.get(word)}]`;
  };
  return passages
    .map(({ text, continues }, i) => {
      let redacted = "";
      let at = 0;
      for (const { type, start, end } of places[i]!) {
        redacted += text.slice(at, start) + substitute(type, text.slice(start, end));
        at = end;
      }
      redacted += text.slice(at);
      return continues ? redacted : `${redacted.trimEnd()}\n`;
    })
    .join("");
}
