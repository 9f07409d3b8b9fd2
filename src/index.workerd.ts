import { createSha256 } from "./pipelines/loading/sha256-workerd.ts";
import { openSource } from "./pipelines/loading/source.ts";
import { createPipelineFunction } from "./pipelines/pipeline.ts";
import { kernelModule } from "./wasm/module-workerd.ts";

export * from "./api.ts";
export const pipeline = createPipelineFunction({ kernelModule, openSource, createSha256 });
