// The script of a server's worker thread.
import { parentPort, workerData } from "node:worker_threads";
import { pipeline } from "./index.node.ts";
import { type Run, serveModels, type WorkerModel } from "./server/worker.ts";

await serveModels(parentPort!, workerData as WorkerModel[], async ({ taskName, source }) => {
  return (await pipeline(taskName as "token-classification", source)) as Run;
});
