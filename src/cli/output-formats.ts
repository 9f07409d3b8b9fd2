import type { Reading } from "../index.node.ts";
import type { ModelFile } from "../model/file/model-file.ts";
import { createTokenizer, parseTokenizerConfig } from "../text/tokenizer.ts";
import { EntityTypes, type Finding } from "./entity-types.ts";
import { characterUnits, renderConll, type Unit } from "./render/conll.ts";
import { renderEntities, renderReadings } from "./render/entities.ts";
import { HTML_TAIL, renderHtmlHead, renderHtmlText } from "./render/html.ts";
import type { Style } from "./terminal.ts";

export const FORMATS = ["table", "json", "ndjson", "conll", "html"] as const;

export type FormatName = (typeof FORMATS)[number];

/** An output in three parts, so that each text's entities can be written as soon as they are known. */
export interface OutputFormat {
  readonly head: string;
  /** @param index of the text, from 0 */
  text(text: string, entities: readonly Finding[], index: number): string;
  /** Undefined where the format has no place for several readings of a text. */
  readings?(text: string, readings: readonly Reading[], index: number): string;
  /** @param count how many texts there were */
  tail(count: number): string;
}

const nothing = () => "";

/** An array of JSON, an item for each text. */
export const JSON_ARRAY = {
  head: "[",
  item: (value: object, index: number) => (index === 0 ? "\n" : ",\n") + JSON.stringify(value),
  tail: (count: number) => (count === 0 ? "]\n" : "\n]\n"),
};

/** A line of JSON for each text. */
export const jsonLine = (value: object) => `${JSON.stringify(value)}\n`;

/** What comes before a text's table, or view, to set it off from the one before. */
export const gapBefore = (index: number) => (index === 0 ? "" : "\n\n");

export function createFormat(name: FormatName, model: ModelFile, style: Style): OutputFormat {
  switch (name) {
    case "table": {
      const types = EntityTypes.of(model);
      return {
        head: "",
        text: (text, entities, index) => gapBefore(index) + renderEntities(text, entities, types, style),
        readings: (text, readings, index) =>
          (index === 0 ? "" : "\n") + renderReadings(text, readings, types, style),
        tail: nothing,
      };
    }
    case "json": {
      const { head, item, tail } = JSON_ARRAY;
      return {
        head,
        text: (text, entities, index) => item({ text, entities }, index),
        readings: (text, readings, index) => item({ text, readings }, index),
        tail,
      };
    }
    case "ndjson":
      return {
        head: "",
        text: (text, entities) => jsonLine({ text, entities }),
        readings: (text, readings) => jsonLine({ text, readings }),
        tail: nothing,
      };
    case "conll": {
      const unitsOf = unitsFor(model);
      return {
        head: "",
        text: (text, entities) => renderConll(text, unitsOf(text), entities),
        tail: nothing,
      };
    }
    case "html": {
      const types = EntityTypes.of(model);
      return {
        head: renderHtmlHead(model.name, types),
        text: (text, entities, index) => renderHtmlText(text, entities, types, index === 0),
        tail: () => HTML_TAIL,
      };
    }
  }
}

/** What gets a line in CoNLL columns: a character where those are the model's tokens, else a word. */
function unitsFor(model: ModelFile): (text: string) => Unit[] {
  const config = parseTokenizerConfig(model.metadata.tokenizer, model.name);
  if (config.type === "characters") return characterUnits;
  const tokenizer = createTokenizer(config);
  return (text) => {
    const { word, start, end } = tokenizer.encode(text);
    const units: { start: number; end: number }[] = [];
    let previous = -1;
    for (let i = 0; i < word.length; i++) {
      if (word[i] === -1) continue;
      if (word[i] === previous) units.at(-1)!.end = end[i]!;
      else units.push({ start: start[i]!, end: end[i]! });
      previous = word[i]!;
    }
    return units;
  };
}
