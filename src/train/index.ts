export type { CreateTrainee, ProcessorSettings } from "./create-trainee.ts";
export type {
  MaskedExample,
  PretrainingLosses,
  PretrainingScores,
  PretrainingSettings,
} from "./electra-pretraining.ts";
export { ElectraPretraining } from "./electra-pretraining.ts";
export type { Head, TraineeSettings } from "./electra-trainee.ts";
export { ElectraTrainee } from "./electra-trainee.ts";
export type { DropoutRates } from "./network.ts";
export type { Example, Trainee, UpdateSettings } from "./trainee.ts";
