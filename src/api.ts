// The public names that are the same on every platform.
export * from "./errors.ts";
export type { CrfTokens, ElectraConfig, Task } from "./model/config.ts";
export type { LoadProgress } from "./model/load-model.ts";
export type { ModelFile, ModelMetadata } from "./model/model-file.ts";
export type { AggregationStrategy, Entity, TokenEntity } from "./pipelines/aggregate.ts";
export type { LoadingOptions, PipelineOptions } from "./pipelines/pipeline.ts";
export type { HasBody, ModelSource } from "./pipelines/source.ts";
export type { CallOptions, LoadedPipeline } from "./pipelines/task-pipeline.ts";
export type {
  TokenClassificationOptions,
  TokenClassificationPipeline,
} from "./pipelines/token-classification.ts";
export type { KernelPath } from "./wasm/kernel-path.ts";
