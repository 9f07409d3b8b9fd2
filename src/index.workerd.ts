import { createPipelineFunction } from "./pipelines/pipeline.ts";
import { createSha256 } from "./pipelines/sha256-workerd.ts";
import { openSource } from "./pipelines/source.ts";
import { kernelModule } from "./wasm/module-workerd.ts";

export * from "./api.ts";
export const pipeline = createPipelineFunction({ kernelModule, openSource, createSha256 });
