import { openModelFile } from "../../convert/checkpoint.ts";
import { readValues } from "../../convert/model-values.ts";
import type { LabelledUnits } from "../../data/index.ts";
import { DataError, InputError } from "../../errors.ts";
import { type GruConfig, parseConfig } from "../../model/config.ts";
import type { ModelMetadata } from "../../model/file/model-file.ts";
import { createTokenizer, parseTokenizerConfig, type TokenizerConfig } from "../../text/tokenizer.ts";
import { type TextExample, tokenExamples } from "../../train/examples.ts";
import { labelsOf } from "../../train/labels.ts";
import { type Encoder, lengthen } from "../../train/lengthen.ts";
import { sequenceExamples } from "../../train/sequence-examples.ts";
import { modelMetadata } from "../../train/trained-model.ts";
import { positionFields } from "../options.ts";
import type { FinetuneOptions } from "./finetune-options.ts";
import { readLabelledTexts } from "./training-data.ts";
import { vocabularyOf } from "./vocabulary.ts";

/** All that a run needs to know before it starts; everything of the data has been checked by then. */
export interface FinetunePlan {
  readonly metadata: ModelMetadata;
  readonly train: readonly TextExample[];
  readonly dev: readonly TextExample[];
  /** Weights to start from, by name; empty for none. */
  readonly initial: ReadonlyMap<string, Float32Array>;
}

/**
 * @throws {DataError | ModelFileError | ConvertError} for data or a model that can't be used
 * @throws {InputError} `bad-option`
 */
export async function planFinetune(options: FinetuneOptions): Promise<FinetunePlan> {
  const form = options.head === "sequence" ? "tsv" : "labelled";
  const texts = sampleOf(await readLabelledTexts(options.train, form), options.sample);
  const devTexts = await readLabelledTexts(options.dev, form);
  const labels = labelsOf(texts);
  if (labels.length < 2) {
    throw new DataError(options.train, undefined, `expected two labels at least, but all are "${labels[0]}"`);
  }
  const { config, gru = gruOf(options), tokenizerConfig, initial } = await startOf(options, texts);
  const tokenizer = createTokenizer(tokenizerConfig);
  const exampleForm = { tokenizer, labels, maxTokens: config.max_position_embeddings };
  const toExamples = options.head === "sequence" ? sequenceExamples : tokenExamples;
  const train = toExamples(texts, exampleForm, options.train);
  const { head, license, source } = options;
  if (head === "sequence" && gru !== undefined) {
    throw new InputError(
      "bad-option",
      "--head sequence has no place for a GRU, whose head is crf or softmax",
    );
  }
  const model = { head, config, gru, tokenizer: tokenizerConfig, labels, examples: train, license, source };
  const metadata = modelMetadata(model);
  return { metadata, train, dev: toExamples(devTexts, exampleForm, options.dev), initial };
}

/** So many of the texts as the share says, as far apart as can be; one at least. */
function sampleOf<T>(texts: readonly T[], share: number): readonly T[] {
  const count = Math.max(1, Math.round(share * texts.length));
  return Array.from({ length: count }, (_, i) => texts[Math.floor((i * texts.length) / count)]!);
}

interface Start extends Encoder {
  /** The model's own, if it has one. */
  readonly gru?: GruConfig | undefined;
  readonly tokenizerConfig: TokenizerConfig;
}

/** How many tokens an encoder made from nothing takes, where it isn't said. */
const MAX_LENGTH = 128;

function gruOf({ encoder, gruLayers, gruHiddenSize }: FinetuneOptions): GruConfig | undefined {
  const layers = gruLayers ?? (encoder === "bigru" ? 2 : 0);
  if (layers > 0) return { hidden_size: gruHiddenSize, num_layers: layers };
  if (encoder === "bigru")
    throw new InputError("bad-option", "--encoder bigru is nothing with --gru-layers 0");
  return undefined;
}

async function startOf(options: FinetuneOptions, texts: readonly LabelledUnits[]): Promise<Start> {
  if (options.model !== undefined) {
    const start = await readStart(options.model);
    return { ...start, ...lengthen(start, options.maxLength ?? 0) };
  }
  const tokenizerConfig = await vocabularyOf(
    options,
    texts.map(({ text }) => text),
  );
  const config = parseConfig(
    {
      ...(options.encoder === "bigru" && { model_type: "embeddings" }),
      vocab_size: tokenizerConfig.vocab.length,
      embedding_size: options.embeddingSize,
      hidden_size: options.hiddenSize,
      num_hidden_layers: options.layers,
      num_attention_heads: options.heads,
      intermediate_size: options.intermediateSize,
      max_position_embeddings: options.maxLength ?? MAX_LENGTH,
      type_vocab_size: 2,
      ...positionFields(options.positionEmbeddingType),
    },
    "the options",
  );
  return { config, tokenizerConfig, initial: new Map() };
}

/** The encoder of a model file, its GRU included: its head is for other labels. */
async function readStart(path: string): Promise<Start> {
  const model = await openModelFile(path);
  try {
    const initial = new Map<string, Float32Array>();
    for (const parameter of model.file.parameters.values()) {
      if (!/^(electra|gru)\./.test(parameter.name)) continue;
      initial.set(parameter.name, await readValues(model, parameter));
    }
    const { config, gru, tokenizer } = model.file.metadata;
    return { config, gru, tokenizerConfig: parseTokenizerConfig(tokenizer, path), initial };
  } finally {
    await model.close();
  }
}
