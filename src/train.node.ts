import { Worker } from "node:worker_threads";
import { traineeCreator } from "./train/create-trainee.ts";
import { threadOf } from "./wasm/thread-node.ts";

export * from "./train/index.ts";
export const createTrainee = traineeCreator(() =>
  threadOf(new Worker(new URL("./training-member.node.ts", import.meta.url))),
);
