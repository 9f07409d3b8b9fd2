// The script of a server's worker thread.
import { parentPort, workerData } from "node:worker_threads";
import { pipeline } from "./index.node.ts";
import { SERVED_TASKS } from "./server/tasks.ts";
import { serveModels, type WorkerModel } from "./server/worker.ts";

await serveModels(parentPort!, workerData as WorkerModel[], async ({ task, source }) => {
  const run = (await pipeline(task, source)) as (inputs: unknown, parameters: object) => Promise<unknown>;
  const { separate = (results: readonly unknown[]) => results } = SERVED_TASKS[task];
  return async (inputs, parameters) => separate((await run(inputs, parameters)) as never);
});
