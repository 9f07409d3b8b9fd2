// A server's worker, but that some texts end it or keep it for ever.
import { existsSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { pipeline } from "../../src/index.node.ts";
import { type Run, serveModels, type WorkerModel } from "../../src/server/worker.ts";

await serveModels(parentPort!, workerData as WorkerModel[], async ({ source }) => {
  const tag = (await pipeline("token-classification", source)) as Run;
  return async (inputs, parameters) => {
    for (const input of inputs) {
      const [, deed, file] = /^(exit until|exit|throw|hang)(?: (.+))?$/.exec(String(input)) ?? [];
      if (deed === "exit") process.exit(3);
      if (deed === "throw") throw new WebAssembly.RuntimeError("unreachable");
      if (deed === "hang") for (;;);
      if (deed === "exit until" && !existsSync(file!)) {
        writeFileSync(file!, "");
        process.exit(3);
      }
    }
    return tag(inputs, parameters);
  };
});
