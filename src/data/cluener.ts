import { DataError } from "../errors.ts";
import type { AnnotatedText, LabelledSpan } from "./dataset.ts";
import { parseJson, shown } from "./json.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** The UTF-16 offset at which each code point of `text` begins, and the text's length after the last. */
function codePointOffsets(text: string): number[] {
  const offsets: number[] = [];
  let at = 0;
  for (const character of text) {
    offsets.push(at);
    at += character.length;
  }
  offsets.push(at);
  return offsets;
}

/**
 * Reads CLUENER 2020's JSON lines: `{"text": …, "label": {type: {entity: [[start, end], …]}}}`, offsets in Unicode
 * code points with the end inclusive. The entity's text is checked against its offsets.
 *
 * @param file named in errors
 * @throws {DataError} naming the line
 */
export function parseCluener(lines: readonly string[], file: string): AnnotatedText[] {
  const examples: AnnotatedText[] = [];
  for (const [index, content] of lines.entries()) {
    if (content.trim() !== "") examples.push(parseLine(content, file, index + 1));
  }
  return examples;
}

function parseLine(content: string, file: string, line: number): AnnotatedText {
  const fail = (detail: string): never => {
    throw new DataError(file, line, detail);
  };
  const json = parseJson(content, fail);
  if (!isObject(json)) return fail("expected a JSON object");
  const { text, label } = json;
  if (typeof text !== "string") return fail(`"text" must be a string, not ${shown(text)}`);
  if (/\p{Surrogate}/u.test(text)) return fail('"text" holds half of a surrogate pair');
  if (!isObject(label)) return fail(`"label" must be an object of types, not ${shown(label)}`);

  const offsets = codePointOffsets(text);
  const entities: LabelledSpan[] = [];
  for (const [type, mentions] of Object.entries(label)) {
    if (!isObject(mentions)) return fail(`label "${type}" must be an object of entities`);
    for (const [entity, ranges] of Object.entries(mentions)) {
      if (!Array.isArray(ranges))
        return fail(`label "${type}", "${entity}": expected a list of [start, end]`);
      for (const range of ranges as readonly unknown[]) {
        const [first, last] = Array.isArray(range) && range.length === 2 ? range : [];
        if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || last < first) {
          const found = Array.isArray(range) ? `[${range.slice(0, 3).map(shown)}]` : shown(range);
          return fail(`label "${type}", "${entity}": expected [start, end], found ${found}`);
        }
        if (last >= offsets.length - 1) {
          return fail(
            `label "${type}", "${entity}": ends at ${last}, the text has ${offsets.length - 1} characters`,
          );
        }
        const start = offsets[first]!;
        const end = offsets[last + 1]!;
        if (text.slice(start, end) !== entity) {
          return fail(
            `label "${type}": the text at [${first}, ${last}] is "${text.slice(start, end)}", not "${entity}"`,
          );
        }
        entities.push({ type, start, end });
      }
    }
  }
  entities.sort((a, b) => a.start - b.start || a.end - b.end);
  return { text, line, entities };
}
