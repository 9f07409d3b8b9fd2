import { UsageError } from "../failure.ts";
import { type FormatName, gapBefore, JSON_ARRAY, jsonLine } from "../output-formats.ts";
import type { Style } from "../terminal.ts";
import type { TaskView } from "./task-view.ts";

/** An output in three parts, so that each text's result can be written as soon as it is known. */
export interface TaskFormat {
  readonly head: string;
  /** @param index of the text, from 0 */
  text(text: string, result: unknown, index: number): string;
  /** @param count how many texts there were */
  tail(count: number): string;
}

const nothing = () => "";

/** @throws {UsageError} for a format that the task has no use for */
export function taskFormat(name: FormatName, { field, render, page }: TaskView, style: Style): TaskFormat {
  const answer = (text: string, result: unknown) => ({ text, [field]: result });
  switch (name) {
    case "table":
      return {
        head: "",
        text: (text, result, index) => gapBefore(index) + render(text, result, style),
        tail: nothing,
      };
    case "json": {
      const { head, item, tail } = JSON_ARRAY;
      return { head, text: (text, result, index) => item(answer(text, result), index), tail };
    }
    case "ndjson":
      return { head: "", text: (text, result) => jsonLine(answer(text, result)), tail: nothing };
    case "html":
      if (page !== undefined) return { head: page.head, text: page.text, tail: () => page.tail };
      throw new UsageError("--format html is for token-classification and replaced-token-detection");
    case "conll":
      throw new UsageError("--format conll is for token-classification");
  }
}
