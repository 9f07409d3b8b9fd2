import type { LoadingOptions } from "../index.node.ts";
import type { Task } from "../model/config.ts";
import { readModelFile } from "../model/load-model.ts";
import { openSourceOrPath } from "../pipelines/source-node.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { FormatName } from "./output-formats.ts";
import type { TextRunner } from "./run-texts.ts";
import { at } from "./tagger.ts";
import type { TaskOptions } from "./task-options.ts";
import { createView } from "./tasks/create-view.ts";
import { taskFormat } from "./tasks/task-formats.ts";
import { styleFor } from "./terminal.ts";

/** What a model file says that its model is for. */
export async function readTask(model: string): Promise<Task> {
  const reader = await openSourceOrPath(model, undefined);
  try {
    return (await readModelFile(reader)).metadata.task;
  } finally {
    await reader.close();
  }
}

/** A model of any task but token classification. */
export async function loadTask(
  task: Exclude<Task, "token-classification">,
  model: string,
  options: TaskOptions & EngineOptions & { readonly format: FormatName },
): Promise<TextRunner> {
  const { threads = 1, kernels } = options;
  const loading: LoadingOptions = { threads, ...(kernels === undefined ? {} : { kernels }) };
  const view = await createView(task, model, loading, options);
  const format = taskFormat(options.format, view, styleFor(process.stdout, process.env));
  return {
    head: format.head,
    text: async (text, index, place) => format.text(text, await at(place, view.ask(text)), index),
    tail: (count) => format.tail(count),
    dispose: () => view.pipeline.dispose(),
  };
}
