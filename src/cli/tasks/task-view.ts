import type { LoadedPipeline } from "../../index.node.ts";
import type { Style } from "../terminal.ts";

/** A task as `run` shows it. */
export interface TaskView<Result = unknown> {
  readonly pipeline: LoadedPipeline;
  /** What its results are called in JSON. */
  readonly field: string;
  ask(text: string): Promise<Result>;
  /** For a person. */
  render(text: string, result: Result, style: Style): string;
  /** As part of a page; undefined where a page shows no more than a terminal. */
  readonly page?: {
    readonly head: string;
    text(text: string, result: Result): string;
    readonly tail: string;
  };
}
