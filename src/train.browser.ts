import { pretrainingCreator, traineeCreator } from "./train/create-trainee.ts";
import { threadOf } from "./wasm/thread-browser.ts";

export * from "./train/index.ts";

const startThread = () =>
  // Written out in one expression, which is what bundlers look for.
  threadOf(new Worker(new URL("./training-member.browser.ts", import.meta.url), { type: "module" }));
export const createTrainee = traineeCreator(startThread);
export const createPretraining = pretrainingCreator(startThread);
