import { ConvertError } from "../errors.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";

/** What torch's DataParallel puts before every name. */
const PARALLEL = "module.";

/** First parts of the names in an encoder that was saved without a head (`ElectraModel`). */
const BARE = ["embeddings.", "embeddings_project.", "encoder."];

/** First parts of the names of every head in Hugging Face's `modeling_electra`. */
const HEADS = [
  "classifier.",
  "qa_outputs.",
  "generator_predictions.",
  "generator_lm_head.",
  "discriminator_predictions.",
  "sequence_summary.",
];

/** Tables of 0, 1, 2 … or zeros that older releases saved beside the weights. */
const BUFFERS = /(^|\.)embeddings\.(position_ids|token_type_ids)$/;

/**
 * Gives a checkpoint's tensors the names that Hugging Face's `ElectraFor…` models use today: without DataParallel's
 * prefix, with `electra.` before an encoder saved alone, and with `weight` and `bias` for the `gamma` and `beta` that
 * conversions from TensorFlow left. Drops the buffers that no model needs, and the heads of other tasks than the
 * wanted one's.
 *
 * @param wanted the names that the model needs; whatever else comes back is surplus
 * @throws {ConvertError} `checkpoint-malformed` where two tensors come to one name
 */
export function selectTensors(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, CheckpointTensor> {
  const parallel = [...tensors.keys()].every((name) => name.startsWith(PARALLEL));
  const otherHeads = HEADS.filter((head) => ![...wanted].some((name) => name.startsWith(head)));
  const selected = new Map<string, CheckpointTensor>();
  for (const [original, tensor] of tensors) {
    let name = parallel ? original.slice(PARALLEL.length) : original;
    if (BARE.some((prefix) => name.startsWith(prefix))) name = `electra.${name}`;
    name = name
      .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
      .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
    if (!wanted.has(name) && (BUFFERS.test(name) || otherHeads.some((head) => name.startsWith(head))))
      continue;
    if (selected.has(name)) {
      throw new ConvertError("checkpoint-malformed", tensor.file, `two tensors come to the name "${name}"`);
    }
    selected.set(name, tensor);
  }
  return selected;
}
