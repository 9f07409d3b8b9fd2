// The public names of `electra-edge/train`, the same on every platform.
//
// From labelled texts to a model file: `parseDataset` or your own texts; `labelsOf` and a tokenizer over
// `buildCharacterVocabulary`, or those of a model that `deserializeModel` opens; `tokenExamples`; `createTrainee`;
// `finetune`, a step each time that it is asked for one; `evaluateEntities`; `modelMetadata` and `serializeModel`.

export { type LabelledSentence, parseClassification } from "../data/classification.ts";
export type {
  AnnotatedText,
  Dataset,
  DatasetForm,
  LabelledSpan,
  LabelledUnits,
  TextRange,
} from "../data/dataset.ts";
export { parseDataset } from "../data/parse-dataset.ts";
export { unitsOfSpans } from "../data/units-of-spans.ts";
export * from "../errors.ts";
export type { EntityScores } from "../metrics/entity-scores.ts";
export type { Scores } from "../metrics/scores.ts";
export { type ElectraConfig, type GruConfig, parseConfig } from "../model/config.ts";
export type { ModelMetadata } from "../model/file/model-file.ts";
export type { Parameter } from "../model/parameters.ts";
export {
  type DeserializedModel,
  deserializeModel,
  type ModelDtype,
  serializeModel,
} from "../model/serialize-model.ts";
export {
  buildCharacterVocabulary,
  type CharacterVocabularyOptions,
  tokenizerOver,
} from "../text/build-vocab.ts";
export type { Encoding } from "../text/encoding.ts";
export {
  createTokenizer,
  parseTokenizerConfig,
  type Tokenizer,
  type TokenizerConfig,
} from "../text/tokenizer.ts";
export type { KernelPath } from "../wasm/kernel-path.ts";
export type {} from "../web-types.ts";
export { batchesOf } from "./batches.ts";
export type { DeviceSettings } from "./create-device.ts";
export type { CreatePretraining, CreateTrainee } from "./create-trainee.ts";
export { DROPOUT_DEFAULTS, FINETUNE_DEFAULTS } from "./defaults.ts";
export { DEVICES, type DeviceName } from "./device.ts";
export {
  ElectraPretraining,
  type MaskedExample,
  type PretrainingLosses,
  type PretrainingScores,
  type PretrainingSettings,
} from "./electra-pretraining.ts";
export { ElectraTrainee, type Head, type TraineeSettings } from "./electra-trainee.ts";
export { evaluateAccuracy, evaluateEntities } from "./evaluate.ts";
export { type ExampleForm, type TextExample, tokenExamples } from "./examples.ts";
export {
  type FinetuneSettings,
  finetune,
  labelsIn,
  type Position,
  START,
  type StepReport,
  sequencesOf,
} from "./finetune.ts";
export { IGNORED_LABEL, labelsOf } from "./labels.ts";
export type { LossTrend } from "./loss-trend.ts";
export { type MaskedBatchesSettings, maskedBatches, stepsInEpoch } from "./masked-batches.ts";
export { type Masking, maskTokens, type Sequence } from "./masking.ts";
export type { DropoutRates } from "./network.ts";
export { type PackedSequence, type Packing, packDocuments } from "./packing.ts";
export { type BatchesOfStep, type PretrainReport, type PretrainSettings, pretrain } from "./pretrain.ts";
export {
  discriminatorParameters,
  generatorConfig,
  generatorName,
  generatorParameters,
  type PretrainingConfigs,
} from "./pretraining-parameters.ts";
export { peakRate, rateFactor, type Schedule } from "./schedule.ts";
export { sequenceExamples } from "./sequence-examples.ts";
export { modelMetadata, type TrainedModel } from "./trained-model.ts";
export type { Example, Trainee, UpdateSettings } from "./trainee.ts";
