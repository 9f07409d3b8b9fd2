import { Worker } from "node:worker_threads";
import { pretrainingCreator, traineeCreator } from "./train/create-trainee.ts";
import { threadOf } from "./wasm/thread-node.ts";

export * from "./train/index.ts";

const startThread = () => threadOf(new Worker(new URL("./training-member.node.ts", import.meta.url)));
export const createTrainee = traineeCreator(startThread);
export const createPretraining = pretrainingCreator(startThread);
