import { findGpu } from "./gpu.browser.ts";
import { pretrainingCreator, traineeCreator } from "./train/create-trainee.ts";
import { threadOf } from "./wasm/thread-browser.ts";

export * from "./train/index.ts";

const platform = {
  startThread: () =>
    // Written out in one expression, which is what bundlers look for.
    threadOf(new Worker(new URL("./training-member.browser.ts", import.meta.url), { type: "module" })),
  findGpu,
};
export const createTrainee = traineeCreator(platform);
export const createPretraining = pretrainingCreator(platform);
