import { UsageError } from "../failure.ts";
import type { FormatName } from "../output-formats.ts";
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
  const json = (text: string, result: unknown) => JSON.stringify({ text, [field]: result });
  switch (name) {
    case "table":
      return {
        head: "",
        text: (text, result, index) => (index === 0 ? "" : "\n\n") + render(text, result, style),
        tail: nothing,
      };
    case "json":
      return {
        head: "[",
        text: (text, result, index) => (index === 0 ? "\n" : ",\n") + json(text, result),
        tail: (count) => (count === 0 ? "]\n" : "\n]\n"),
      };
    case "ndjson":
      return { head: "", text: (text, result) => `${json(text, result)}\n`, tail: nothing };
    case "html":
      if (page !== undefined) return { head: page.head, text: page.text, tail: () => page.tail };
      throw new UsageError("--format html is for token-classification and replaced-token-detection");
    case "conll":
      throw new UsageError("--format conll is for token-classification");
  }
}
