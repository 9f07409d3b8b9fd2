import type { Task } from "../model/config.ts";
import { type EngineOptions, engineOf } from "./engine-options.ts";
import type { FormatName } from "./output-formats.ts";
import type { TextRunner } from "./run-texts.ts";
import { at } from "./tagger.ts";
import type { TaskOptions } from "./task-options.ts";
import { createView } from "./tasks/create-view.ts";
import { taskFormat } from "./tasks/task-formats.ts";
import { styleFor } from "./terminal.ts";

/** A model of any task but token classification. */
export async function loadTask(
  task: Exclude<Task, "token-classification">,
  model: string,
  options: TaskOptions & EngineOptions & { readonly format: FormatName },
): Promise<TextRunner> {
  const view = await createView(task, model, engineOf(options), options);
  const format = taskFormat(options.format, view, styleFor(process.stdout, process.env));
  return {
    head: format.head,
    text: async (text, index, place) => format.text(text, await at(place, view.ask(text)), index),
    tail: (count) => format.tail(count),
    dispose: () => view.pipeline.dispose(),
  };
}
