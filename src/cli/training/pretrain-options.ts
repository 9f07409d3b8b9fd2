import { availableParallelism } from "node:os";
import { Option } from "commander";
import { DTYPES } from "../../convert/index.ts";
import { InputError } from "../../errors.ts";
import type { Storage } from "../../model/file/storage.ts";
import type { DeviceName } from "../../train/device.ts";
import type { KernelPath } from "../../wasm/kernel-path.ts";
import { deviceOption, fp16Option, kernelsOption, subgroupsOption } from "../engine-options.ts";
import {
  atLeast,
  between,
  lowerCaseOption,
  option,
  type PositionEmbeddingType,
  positionEmbeddingTypeOption,
  tokenizerOption,
} from "../options.ts";
import type { VocabularyOptions } from "./vocabulary.ts";

/** What a network of some size is, and how long it is trained. */
export interface Size {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly embeddingSize: number;
  /** What the generator's width is of the discriminator's. */
  readonly generatorSize: number;
  readonly learningRate: number;
  readonly steps: number;
}

/** Small and base as Clark et al. 2020, appendix A, has them; tiny is for machines without a GPU. */
export const SIZES = {
  tiny: {
    layers: 4,
    hiddenSize: 256,
    heads: 4,
    intermediateSize: 1024,
    embeddingSize: 128,
    generatorSize: 1 / 4,
    learningRate: 5e-4,
    steps: 100_000,
  },
  small: {
    layers: 12,
    hiddenSize: 256,
    heads: 4,
    intermediateSize: 1024,
    embeddingSize: 128,
    generatorSize: 1 / 4,
    learningRate: 5e-4,
    steps: 1_000_000,
  },
  base: {
    layers: 12,
    hiddenSize: 768,
    heads: 12,
    intermediateSize: 3072,
    embeddingSize: 768,
    generatorSize: 1 / 3,
    learningRate: 2e-4,
    steps: 766_000,
  },
} as const satisfies Readonly<Record<string, Size>>;

/** A run as the command line gives it; what `settings.json` of its folder holds. */
export interface PretrainOptions extends VocabularyOptions, Partial<Size> {
  readonly train: string;
  readonly output: string;
  readonly vocab?: string;
  readonly size: keyof typeof SIZES;
  readonly positionEmbeddingType?: PositionEmbeddingType;
  readonly maxLength: number;
  readonly maskProbability: number;
  readonly wholeWordMask?: boolean;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly warmupSteps?: number;
  readonly weightDecay: number;
  readonly dropout: number;
  readonly clipNorm: number;
  readonly seed: number;
  readonly device?: DeviceName;
  readonly fp16?: boolean;
  readonly subgroups?: boolean;
  readonly threads: number;
  readonly kernels?: KernelPath;
  readonly dtype: Storage;
  readonly scoreEvery: number;
  readonly checkpointEvery: number;
  readonly keepEvery?: number;
  readonly license?: string;
  readonly source?: string;
}

const ofSize = (flags: string, description: string, parse: (value: string) => number) =>
  new Option(flags, `${description} (default: the size's)`).argParser(parse);

/** Everything that a run may be told, with what holds where it isn't. */
export const pretrainOptions = (): Option[] => [
  new Option("--train <file>", "texts to learn from, a document a line"),
  new Option("-o, --output <name>", "writes NAME-generator.safetensors and NAME-discriminator.safetensors"),
  tokenizerOption(),
  lowerCaseOption(),
  new Option("--vocab <file>", "tokens, one a line (default: built from the texts)"),
  option("--vocab-size <n>", "the most tokens that a vocabulary is built of", atLeast(6), 30_000),
  option("--min-frequency <n>", "how often a character or piece must occur", atLeast(1), 2),
  new Option("--size <name>", "of the discriminator").choices(Object.keys(SIZES)).default("small"),
  ofSize("--layers <n>", "number of layers, in both networks", atLeast(1)),
  ofSize("--hidden-size <n>", "width of the discriminator's layers", atLeast(1)),
  ofSize("--heads <n>", "its attention heads", atLeast(1)),
  ofSize("--intermediate-size <n>", "width of its feed-forward layers", atLeast(1)),
  ofSize("--embedding-size <n>", "width of the embeddings", atLeast(1)),
  ofSize("--generator-size <x>", "what the generator's width is of the discriminator's", between(0.01, 1)),
  positionEmbeddingTypeOption(),
  option("--max-length <n>", "tokens of a sequence", atLeast(8), 128),
  option("--mask-probability <x>", "share of the tokens that are masked out", between(0.01, 0.9), 0.15),
  new Option("--whole-word-mask", "mask whole words"),
  ofSize("--steps <n>", "how long to train", atLeast(1)),
  option("--batch-size <n>", "sequences that go through together", atLeast(1), 16),
  option("--accumulate <n>", "batches whose gradients add up to a step", atLeast(1), 8),
  ofSize("--learning-rate <x>", "at its height", between(0, 1)),
  new Option(
    "--warmup-steps <n>",
    "steps in which the rate climbs (default: 10000, or a tenth of fewer steps)",
  ).argParser(atLeast(0)),
  option("--weight-decay <x>", "of matrices", between(0, 1), 0.01),
  option("--dropout <x>", "share of values that are dropped", between(0, 0.95), 0.1),
  option("--clip-norm <x>", "the largest norm of the gradients", between(0, 1e9), 1),
  option("--seed <n>", "of all that is random", atLeast(0), 1),
  deviceOption(),
  fp16Option(),
  subgroupsOption(),
  option("--threads <n>", "threads that share the work", atLeast(1), availableParallelism()),
  kernelsOption(),
  new Option("--dtype <name>", "how to store the weights").choices(DTYPES).default("f32"),
  option("--score-every <n>", "steps that the scores in the log are of", atLeast(1), 50),
  option("--checkpoint-every <n>", "steps between checkpoints", atLeast(1), 200),
  new Option("--keep-every <n>", "steps between models that are kept in the run's folder").argParser(
    atLeast(1),
  ),
  new Option("--license <name>", "the weights' licence, to state in the files"),
  new Option("--source <text>", "where the weights come from, to state in the files"),
];

/** @throws {InputError} `bad-option` for what a fresh run can't do without */
export function assertComplete(options: PretrainOptions): void {
  for (const name of ["train", "output"] as const) {
    if (options[name] === undefined) throw new InputError("bad-option", `--${name} is missing`);
  }
}

/** The options, with the size's where none is given. */
export function withSize(
  options: PretrainOptions,
): PretrainOptions & Size & { readonly warmupSteps: number } {
  const size: Size = SIZES[options.size];
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const sized = { ...size, ...(given as unknown as PretrainOptions) };
  const { steps = size.steps } = options;
  return {
    ...(sized as PretrainOptions & Size),
    warmupSteps: options.warmupSteps ?? Math.min(10_000, Math.ceil(steps / 10)),
  };
}
