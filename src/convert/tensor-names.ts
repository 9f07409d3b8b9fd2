import { ConvertError } from "../errors.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import { type Architecture, FAMILIES } from "./families.ts";

/** What torch's DataParallel puts before every name. */
const PARALLEL = "module.";

/** First parts of the names in an encoder that was saved without a head (`ElectraModel`). */
const BARE = ["embeddings.", "embeddings_project.", "encoder."];

/** First parts of the names of every head. */
const HEADS = [
  "classifier.",
  "qa_outputs.",
  "generator_predictions.",
  "generator_lm_head.",
  "discriminator_predictions.",
  "sequence_summary.",
  "pooler.",
  "cls.",
];

/** A bias that is the one beside it over again. */
const REPEATED_BIAS = ".decoder.bias";

/** Tables of 0, 1, 2 … or zeros that older releases saved beside the weights. */
const BUFFERS = /(^|\.)embeddings\.(position_ids|token_type_ids)$/;

/**
 * Gives a checkpoint's tensors the names that Hugging Face's `ElectraFor…` models use today, whatever family it is of:
 * without DataParallel's prefix, with `electra.` before an encoder saved alone or by its family's name, the heads as
 * ELECTRA calls them, and with `weight` and `bias` for the `gamma` and `beta` that conversions from TensorFlow left. Drops
 * the buffers that no model needs, and the heads of other tasks than the wanted one's.
 *
 * @param wanted the names that the model needs; whatever else comes back is surplus
 * @throws {ConvertError} `checkpoint-malformed` where two tensors come to one name
 */
export function selectTensors(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  wanted: ReadonlySet<string>,
  architecture: Architecture,
): ReadonlyMap<string, CheckpointTensor> {
  const parallel = [...tensors.keys()].every((name) => name.startsWith(PARALLEL));
  const otherHeads = HEADS.filter((head) => ![...wanted].some((name) => name.startsWith(head)));
  const rename = renamerOf(architecture);
  const selected = new Map<string, CheckpointTensor>();
  for (const [original, tensor] of tensors) {
    if (original.endsWith(REPEATED_BIAS) && tensors.has(original.replace(/decoder\.bias$/, "bias"))) continue;
    const name = rename(parallel ? original.slice(PARALLEL.length) : original);
    if (!wanted.has(name) && (BUFFERS.test(name) || otherHeads.some((head) => name.startsWith(head))))
      continue;
    if (selected.has(name)) {
      throw new ConvertError("checkpoint-malformed", tensor.file, `two tensors come to the name "${name}"`);
    }
    selected.set(name, tensor);
  }
  return selected;
}

/** From a name of the family's to ELECTRA's. */
function renamerOf({ modelType, task }: Architecture): (name: string) => string {
  const { heads, headsOf } = FAMILIES[modelType];
  const renames = Object.entries({ ...heads, ...headsOf?.[task] });
  const prefix = `${modelType}.`;
  return (original) => {
    const own = original.startsWith(prefix) ? original.slice(prefix.length) : original;
    const [from = "", to = ""] = renames.find(([start]) => own.startsWith(start)) ?? [];
    const name = BARE.some((start) => own.startsWith(start)) ? `electra.${own}` : to + own.slice(from.length);
    return name
      .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
      .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
  };
}

/** What a pooler belongs to in families that have one: the encoder. */
const POOLER = "pooler.";

/** From ELECTRA's names to those of a family's checkpoints: what {@link selectTensors} takes for the same tensors. */
export function familyNames({ modelType, task }: Architecture): (name: string) => string {
  const { heads, headsOf } = FAMILIES[modelType];
  // The longest first: a bias may have a place of its own.
  const renames = Object.entries({ ...heads, ...headsOf?.[task] }).sort(
    ([, a], [, b]) => b.length - a.length,
  );
  return (name) => {
    if (name.startsWith("electra.")) return `${modelType}.${name.slice("electra.".length)}`;
    const [own = "", electra = ""] = renames.find(([, start]) => name.startsWith(start)) ?? [];
    const renamed = own + name.slice(electra.length);
    return renamed.startsWith(POOLER) ? `${modelType}.${renamed}` : renamed;
  };
}
