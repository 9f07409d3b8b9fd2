// What stands on top of the encoder for each task, in float64, with Hugging Face's names. Each function takes the
// encoder's output x [tokens, hidden].

import type { ElectraConfig, Task } from "../../src/model/config.ts";
import { type Checkpoint, values } from "./checkpoint.ts";
import { namedLayerNorm, namedLinear } from "./electra.ts";
import { ACTIVATIONS, linear } from "./math.ts";

/**
 * What follows a head's dense layer. It is GELU in ELECTRA, and else: for whole sequences BERT, RoBERTa and ERNIE have
 * tanh; to fill masks RoBERTa has GELU; all others have what their layers have, as RoFormer has everywhere.
 */
function activation({ model_type = "electra", hidden_act }: ElectraConfig, task: Task) {
  if (task === "replaced-token-detection" || model_type === "roformer") return ACTIVATIONS[hidden_act];
  if (model_type === "electra") return ACTIVATIONS.gelu;
  if (task !== "fill-mask") return ACTIVATIONS.tanh;
  return model_type === "roberta" ? ACTIVATIONS.gelu : ACTIVATIONS[hidden_act];
}

/** `ElectraForTokenClassification`: how well each label suits each token; [tokens, labels]. */
export function tokenClassification(checkpoint: Checkpoint, x: Float64Array): Float64Array {
  return namedLinear(checkpoint, "classifier", x);
}

/** `ElectraForSequenceClassification`: what [CLS], the first token, says of the whole text; [labels]. */
export function sequenceClassification(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  x: Float64Array,
): Float64Array {
  const first = x.subarray(0, config.hidden_size);
  return namedLinear(
    checkpoint,
    "classifier.out_proj",
    namedLinear(checkpoint, "classifier.dense", first).map(activation(config, "text-classification")),
  );
}

/** `ElectraForMultipleChoice`: how well one of the choices suits the text it stands with; [1]. */
export function multipleChoice(checkpoint: Checkpoint, config: ElectraConfig, x: Float64Array): Float64Array {
  const first = x.subarray(0, config.hidden_size);
  return namedLinear(
    checkpoint,
    "classifier",
    namedLinear(checkpoint, "sequence_summary.summary", first).map(activation(config, "multiple-choice")),
  );
}

/** `ElectraForQuestionAnswering`: how well an answer would start, and end, at each token; [tokens, 2]. */
export function questionAnswering(checkpoint: Checkpoint, x: Float64Array): Float64Array {
  return namedLinear(checkpoint, "qa_outputs", x);
}

/**
 * `ElectraForMaskedLM`, the generator: which token of the vocabulary stands here; [tokens, vocab]. Its output matrix
 * is the word embeddings themselves (Clark et al. 2020, section 3.2), which a checkpoint need not repeat.
 */
export function maskedLanguageModel(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  x: Float64Array,
): Float64Array {
  const dense = namedLinear(checkpoint, "generator_predictions.dense", x) // [tokens, embedding]
    .map(activation(config, "fill-mask"));
  const normal = namedLayerNorm(checkpoint, config, "generator_predictions.LayerNorm", dense);
  const tied = "electra.embeddings.word_embeddings.weight";
  const own = "generator_lm_head.weight";
  const weight = values(checkpoint, checkpoint.has(own) ? own : tied);
  return linear(normal, weight, values(checkpoint, "generator_lm_head.bias"));
}

/**
 * `ElectraForPreTraining`, the discriminator: above 0 where a token looks replaced (Clark et al. 2020, section 2);
 * [tokens].
 */
export function replacedTokenDetection(
  checkpoint: Checkpoint,
  config: ElectraConfig,
  x: Float64Array,
): Float64Array {
  const dense = namedLinear(checkpoint, "discriminator_predictions.dense", x).map(
    activation(config, "replaced-token-detection"),
  );
  return namedLinear(checkpoint, "discriminator_predictions.dense_prediction", dense);
}
