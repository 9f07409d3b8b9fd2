// The public names that are the same on every platform.
export * from "./errors.ts";
export type { CrfTokens, ElectraConfig, GruConfig, Task } from "./model/config.ts";
export type { AnswerPart, ModelAnswer } from "./model/file/model-answer.ts";
export type { ModelFile, ModelMetadata } from "./model/file/model-file.ts";
export type { TensorInfo } from "./model/file/safetensors.ts";
export type { Storage, StoredParameter } from "./model/file/storage.ts";
export type { AnswerDifference } from "./model/known-answer.ts";
export type { LoadProgress } from "./model/load-model.ts";
export type {
  FeatureExtractionOptions,
  FeatureExtractionPipeline,
  Features,
  FeatureTensor,
} from "./pipelines/feature-extraction.ts";
export type { FilledMask, FillMaskOptions, FillMaskPipeline } from "./pipelines/fill-mask.ts";
export type { HasBody, ModelSource } from "./pipelines/loading/source.ts";
export type {
  ChoiceScore,
  MultipleChoiceInput,
  MultipleChoiceOptions,
  MultipleChoicePipeline,
} from "./pipelines/multiple-choice.ts";
export type { LoadingOptions, PipelineFunction, PipelineOptions, Pipelines } from "./pipelines/pipeline.ts";
export type {
  Answer,
  QuestionAnsweringOptions,
  QuestionAnsweringPipeline,
  QuestionInput,
} from "./pipelines/question-answering.ts";
export type {
  ReplacedTokenDetectionOptions,
  ReplacedTokenDetectionPipeline,
  TokenReplacement,
} from "./pipelines/replaced-token-detection.ts";
export type { AggregationStrategy, Entity, TokenEntity } from "./pipelines/tagging/aggregate.ts";
export type { FixedSpan, LabelConstraints, LabelStep, TextSpan } from "./pipelines/tagging/constraints.ts";
export type { TextProgress } from "./pipelines/tagging/tagger.ts";
export type { Reading, TextPosterior } from "./pipelines/tagging/text-posterior.ts";
export type { CallOptions, LoadedPipeline } from "./pipelines/task-pipeline.ts";
export type {
  LabelScore,
  ScoreFunction,
  TextClassificationOptions,
  TextClassificationPipeline,
  TextPair,
} from "./pipelines/text-classification.ts";
export type {
  TokenClassificationOptions,
  TokenClassificationPipeline,
} from "./pipelines/token-classification.ts";
export type { KernelPath } from "./wasm/kernel-path.ts";
export type {} from "./web-types.ts";
