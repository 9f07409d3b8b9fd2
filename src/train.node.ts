/** @module electra-edge/train */
import { Worker } from "node:worker_threads";
import { findGpu } from "./gpu.node.ts";
import { pretrainingCreator, traineeCreator } from "./train/create-trainee.ts";
import { threadOf } from "./wasm/thread-node.ts";

export * from "./train/index.ts";

const platform = {
  startThread: () => threadOf(new Worker(new URL("./training-member.node.ts", import.meta.url))),
  findGpu,
};
export const createTrainee = traineeCreator(platform);
export const createPretraining = pretrainingCreator(platform);
