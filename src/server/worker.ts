import type { MessagePort } from "node:worker_threads";
import { InputError } from "../errors.ts";
import type { Task } from "../model/config.ts";
import { type ErrorMessage, toErrorMessage } from "./errors.ts";

/** What a worker loads. */
export interface WorkerModel {
  readonly name: string;
  readonly source: string;
  readonly task: Task;
}

/** Inputs of one model, to be run with the same parameters. */
export interface Batch {
  readonly model: string;
  readonly inputs: readonly unknown[];
  readonly parameters: object;
}

export type Answer = { readonly result: unknown } | { readonly error: ErrorMessage };

/** A pipeline of any task, for several inputs at once: a result for each. */
export type Run = (inputs: readonly unknown[], parameters: object) => Promise<readonly unknown[]>;

/**
 * Loads models, says so by an empty message, and then answers one batch after the other. What is no fault of the inputs
 * ends the worker, whose memory may no longer be sound.
 */
export async function serveModels(
  port: MessagePort,
  models: readonly WorkerModel[],
  load: (model: WorkerModel) => Promise<Run>,
): Promise<void> {
  const runs = new Map<string, Run>();
  for (const model of models) runs.set(model.name, await load(model));
  port.on("message", async ({ model, inputs, parameters }: Batch) => {
    port.postMessage(await answer(runs.get(model)!, inputs, parameters));
  });
  port.postMessage([]);
}

/** Where one input can't be used, the others get their results all the same. */
async function answer(run: Run, inputs: readonly unknown[], parameters: object): Promise<Answer[]> {
  try {
    return (await run(inputs, parameters)).map((result) => ({ result }));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (inputs.length === 1) return [{ error: toErrorMessage(error) }];
    const answers: Answer[] = [];
    for (const input of inputs) answers.push(...(await answer(run, [input], parameters)));
    return answers;
  }
}
