/** @module electra-edge */
import { availableParallelism } from "node:os";
import { createPipelineFunction } from "./pipelines/pipeline.ts";
import { createSha256 } from "./pipelines/sha256-node.ts";
import { openSourceOrPath } from "./pipelines/source-node.ts";
import { kernelModule } from "./wasm/module-inline.ts";
import { startThread } from "./wasm/thread-node.ts";

export * from "./api.ts";
export const pipeline = createPipelineFunction({
  kernelModule,
  openSource: openSourceOrPath,
  createSha256,
  startThread,
  cores: availableParallelism(),
});
