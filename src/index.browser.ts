import { createPipelineFunction } from "./pipelines/pipeline.ts";
import { openSource } from "./pipelines/source.ts";
import { kernelModule } from "./wasm/module-inline.ts";

export * from "./api.ts";
export const pipeline = createPipelineFunction({ kernelModule, openSource });
