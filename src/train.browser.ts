import { traineeCreator } from "./train/create-trainee.ts";
import { threadOf } from "./wasm/thread-browser.ts";

export * from "./train/index.ts";
export const createTrainee = traineeCreator(() =>
  // Written out in one expression, which is what bundlers look for.
  threadOf(new Worker(new URL("./training-member.browser.ts", import.meta.url), { type: "module" })),
);
