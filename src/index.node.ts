/** @module electra-edge */
import { availableParallelism } from "node:os";
import { createSha256 } from "./pipelines/loading/sha256-node.ts";
import { openSourceOrPath } from "./pipelines/loading/source-node.ts";
import { createPipelineFunction } from "./pipelines/pipeline.ts";
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
