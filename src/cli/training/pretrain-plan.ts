import { DataError, InputError } from "../../errors.ts";
import { type ElectraConfig, parseConfig } from "../../model/config.ts";
import { createTokenizer, type TokenizerConfig } from "../../text/tokenizer.ts";
import { assertKnown } from "../../train/examples.ts";
import type { Masking } from "../../train/masking.ts";
import { type PackedSequence, packDocuments } from "../../train/packing.ts";
import { generatorConfig, type PretrainingConfigs } from "../../train/pretraining-parameters.ts";
import { positionFields } from "../options.ts";
import { type PretrainOptions, withSize } from "./pretrain-options.ts";
import { readTexts } from "./training-data.ts";
import { vocabularyOf } from "./vocabulary.ts";

/** All that a run needs to know before it starts; everything of the texts has been checked by then. */
export interface PretrainPlan {
  readonly configs: PretrainingConfigs;
  readonly tokenizer: TokenizerConfig;
  readonly sequences: readonly PackedSequence[];
  readonly masking: Masking;
}

/** @throws {DataError | ModelFileError | InputError} for texts, a vocabulary or a size that can't be used */
export async function planPretrain(options: PretrainOptions): Promise<PretrainPlan> {
  const documents = await readTexts(options.train, "text");
  const tokenizer = await vocabularyOf(options, documents);
  const { mask_token } = tokenizer;
  if (mask_token === null) throw new InputError("bad-option", `${options.vocab}: has no [MASK] token`);
  const sequences = packDocuments(documents, {
    tokenizer: createTokenizer(tokenizer),
    maxLength: options.maxLength,
    wholeWords: options.wholeWordMask === true,
    seed: options.seed,
  });
  if (sequences.length === 0) throw new DataError(options.train, undefined, "there is no text in it");
  assertKnown(sequences, createTokenizer(tokenizer), options.train);
  const idOf = (token: string) => tokenizer.vocab.indexOf(token);
  const special = [tokenizer.cls_token, tokenizer.sep_token, tokenizer.pad_token, mask_token];
  return {
    configs: configsOf(options, tokenizer.vocab.length),
    tokenizer,
    sequences,
    masking: {
      probability: options.maskProbability,
      maskId: idOf(mask_token),
      specialIds: new Set(special.map(idOf)),
    },
  };
}

function configsOf(options: PretrainOptions, vocab_size: number): PretrainingConfigs {
  const sized = withSize(options);
  const discriminator = parseConfig(
    {
      vocab_size,
      embedding_size: sized.embeddingSize,
      hidden_size: sized.hiddenSize,
      num_hidden_layers: sized.layers,
      num_attention_heads: sized.heads,
      intermediate_size: sized.intermediateSize,
      max_position_embeddings: options.maxLength,
      type_vocab_size: 2,
      ...positionFields(options.positionEmbeddingType),
    },
    "the options",
  );
  return { discriminator, generator: checked(generatorConfig(discriminator, sized.generatorSize)) };
}

function checked(generator: ElectraConfig): ElectraConfig {
  return parseConfig(generator, "--generator-size");
}
