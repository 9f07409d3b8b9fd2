import { loadThroughCache } from "./pipelines/loading/model-cache.ts";
import { createSha256 } from "./pipelines/loading/sha256-browser.ts";
import { openSource } from "./pipelines/loading/source.ts";
import { createPipelineFunction } from "./pipelines/pipeline.ts";
import { kernelModule } from "./wasm/module-inline.ts";
import { startThread } from "./wasm/thread-browser.ts";

export * from "./api.ts";
export const pipeline = createPipelineFunction({
  kernelModule,
  openSource,
  createSha256,
  startThread,
  cores: globalThis.navigator?.hardwareConcurrency,
  loadThroughCache,
});
