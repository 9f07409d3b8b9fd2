import { availableParallelism } from "node:os";
import { Option } from "commander";
import { DTYPES } from "../../convert/index.ts";
import { InputError } from "../../errors.ts";
import type { Storage } from "../../model/file/storage.ts";
import { FINETUNE_DEFAULTS as DEFAULTS, DROPOUT_DEFAULTS } from "../../train/defaults.ts";
import type { DeviceName } from "../../train/device.ts";
import type { Head } from "../../train/electra-trainee.ts";
import type { KernelPath } from "../../wasm/kernel-path.ts";
import { deviceOption, fp16Option, kernelsOption, subgroupsOption } from "../engine-options.ts";
import {
  atLeast,
  between,
  listOf,
  lowerCaseOption,
  option,
  type PositionEmbeddingType,
  positionEmbeddingTypeOption,
  tokenizerOption,
} from "../options.ts";
import type { VocabularyOptions } from "./vocabulary.ts";

/** A run as the command line gives it; what `settings.json` of its folder holds. */
export interface FinetuneOptions extends VocabularyOptions {
  readonly train: string;
  readonly dev: string;
  readonly output: string;
  readonly model?: string;
  readonly vocab?: string;
  readonly head: Head;
  readonly encoder: (typeof ENCODERS)[number];
  readonly gruLayers?: number;
  readonly gruHiddenSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly embeddingSize: number;
  readonly positionEmbeddingType?: PositionEmbeddingType;
  readonly maxLength?: number;
  readonly sample: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly learningRate: number;
  readonly crfLearningRate: number;
  readonly layerDecay: number;
  readonly warmup: number;
  readonly weightDecay: number;
  readonly dropout: number;
  readonly clipNorm: number;
  readonly patience: number;
  readonly seeds: readonly number[];
  readonly device?: DeviceName;
  readonly fp16?: boolean;
  readonly subgroups?: boolean;
  readonly threads: number;
  readonly kernels?: KernelPath;
  readonly dtype: Storage;
  readonly checkpointEvery: number;
  /** Whether the report may show the dev set's texts. */
  readonly text: boolean;
  readonly license?: string;
  readonly source?: string;
}

/** What reads a text: a transformer, or word embeddings under recurrent layers. */
const ENCODERS = ["electra", "bigru"] as const;

/** Everything that a run may be told, with what holds where it isn't. */
export const finetuneOptions = (): Option[] => [
  new Option(
    "--train <file>",
    "labelled texts to learn from, in any form that evaluate reads; TSV for sequences",
  ),
  new Option("--dev <file>", "labelled texts to be judged by"),
  new Option("-o, --output <file>", "the model file to write"),
  new Option("--model <file>", "start from this model file's encoder (default: from nothing)"),
  tokenizerOption(),
  lowerCaseOption(),
  new Option("--vocab <file>", "from nothing: tokens, one a line (default: built from the training texts)"),
  option(
    "--vocab-size <n>",
    "from nothing: the most tokens that a vocabulary is built of",
    atLeast(6),
    30_000,
  ),
  new Option("--head <name>", "what the network ends in")
    .choices(["crf", "softmax", "sequence"])
    .default("crf"),
  new Option("--encoder <name>", "from nothing: ELECTRA, or bidirectional GRUs over word embeddings")
    .choices(ENCODERS)
    .default("electra"),
  new Option(
    "--gru-layers <n>",
    "bidirectional GRUs before the head (default: the model's, or 2 for bigru, else 0)",
  ).argParser(atLeast(0)),
  option("--gru-hidden-size <n>", "width of each of their directions", atLeast(1), 128),
  option("--hidden-size <n>", "from nothing: width of the layers", atLeast(1), 256),
  option("--layers <n>", "from nothing: number of layers", atLeast(1), 4),
  option("--heads <n>", "from nothing: attention heads", atLeast(1), 4),
  option("--intermediate-size <n>", "from nothing: width of the feed-forward layers", atLeast(1), 1024),
  option("--embedding-size <n>", "from nothing: width of the embeddings", atLeast(1), 128),
  positionEmbeddingTypeOption("from nothing: "),
  new Option(
    "--max-length <n>",
    "the most tokens that a text may have (default: the model's, or 128)",
  ).argParser(atLeast(3)),
  option("--min-frequency <n>", "from nothing: how often a character or piece must occur", atLeast(1), 2),
  option("--sample <x>", "share of the training texts to learn from, evenly taken", between(0, 1), 1),
  option("--epochs <n>", "how often to go through the texts", atLeast(1), DEFAULTS.epochs),
  option("--batch-size <n>", "texts that go through together", atLeast(1), DEFAULTS.batchSize),
  option("--accumulate <n>", "batches whose gradients add up to a step", atLeast(1), DEFAULTS.accumulate),
  option("--learning-rate <x>", "at its height", between(0, 1), DEFAULTS.learningRate),
  option("--crf-learning-rate <x>", "of the CRF's own parameters", between(0, 1), DEFAULTS.crfLearningRate),
  option(
    "--layer-decay <x>",
    "what each layer's rate is of the one's above",
    between(0, 1),
    DEFAULTS.layerDecay,
  ),
  option("--warmup <x>", "share of the steps in which the rate climbs", between(0, 1), DEFAULTS.warmup),
  option("--weight-decay <x>", "of matrices", between(0, 1), DEFAULTS.weightDecay),
  option(
    "--dropout <x>",
    "share of values that are dropped",
    between(0, 0.95),
    DROPOUT_DEFAULTS.hidden_dropout_prob,
  ),
  option("--clip-norm <x>", "the largest norm of the gradients", between(0, 1e9), DEFAULTS.clipNorm),
  option("--patience <n>", "epochs without a better score before a run ends", atLeast(1), 5),
  option("--seeds <list>", "train once for each, 1,2,3, and keep the best", listOf(atLeast(0)), [
    DEFAULTS.seed,
  ]),
  deviceOption(),
  fp16Option(),
  subgroupsOption(),
  option("--threads <n>", "threads that share the work", atLeast(1), availableParallelism()),
  kernelsOption(),
  new Option("--dtype <name>", "how to store the weights").choices(DTYPES).default("f32"),
  option("--checkpoint-every <n>", "steps between checkpoints", atLeast(1), 200),
  new Option("--no-text", "leave the dev set's texts out of the report"),
  new Option("--license <name>", "the weights' licence, to state in the file"),
  new Option("--source <text>", "where the weights come from, to state in the file"),
];

/** @throws {InputError} `bad-option` for what a fresh run can't do without */
export function assertComplete(options: FinetuneOptions): void {
  for (const name of ["train", "dev", "output"] as const) {
    if (options[name] === undefined) throw new InputError("bad-option", `--${name} is missing`);
  }
}
