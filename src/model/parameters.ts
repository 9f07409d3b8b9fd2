import { type ElectraConfig, type GruConfig, hasWordsAlone, isRotary, type Task } from "./config.ts";

/** A tensor that a model must have: its name in Hugging Face's checkpoints and its shape. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * Whether a quantized model file holds it as int8 or int4: the matrices that make up nearly all of the bytes. The
   * rest is small, and some of it delicate: what a head's last layer gets wrong, no later layer evens out.
   */
  readonly quantizable: boolean;
}

const floats = (name: string, ...shape: number[]): Parameter => ({ name, shape, quantizable: false });

const matrix = (name: string, rows: number, size: number): Parameter => ({
  name,
  shape: [rows, size],
  quantizable: true,
});

const linear = (name: string, outputs: number, inputs: number): Parameter[] => [
  matrix(`${name}.weight`, outputs, inputs),
  floats(`${name}.bias`, outputs),
];

/** A head's last layer, with a row for each of its few scores. */
const scores = (name: string, outputs: number, inputs: number): Parameter[] => [
  floats(`${name}.weight`, outputs, inputs),
  floats(`${name}.bias`, outputs),
];

const layerNorm = (name: string, size: number): Parameter[] => [
  floats(`${name}.weight`, size),
  floats(`${name}.bias`, size),
];

/** The encoder's tensors in the order in which the forward pass meets them. */
export function encoderParameters(config: ElectraConfig): Parameter[] {
  const { hidden_size: hidden, embedding_size: embedding, intermediate_size: intermediate } = config;
  const words = matrix("electra.embeddings.word_embeddings.weight", config.vocab_size, embedding);
  if (hasWordsAlone(config)) return [words];
  const positions = "electra.embeddings.position_embeddings.weight";
  const parameters = [
    words,
    ...(isRotary(config) ? [] : [floats(positions, config.max_position_embeddings, embedding)]),
    floats("electra.embeddings.token_type_embeddings.weight", config.type_vocab_size, embedding),
    ...layerNorm("electra.embeddings.LayerNorm", embedding),
  ];
  if (embedding !== hidden) parameters.push(...linear("electra.embeddings_project", hidden, embedding));
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `electra.encoder.layer.${i}`;
    parameters.push(
      ...linear(`${layer}.attention.self.query`, hidden, hidden),
      ...linear(`${layer}.attention.self.key`, hidden, hidden),
      ...linear(`${layer}.attention.self.value`, hidden, hidden),
      ...linear(`${layer}.attention.output.dense`, hidden, hidden),
      ...layerNorm(`${layer}.attention.output.LayerNorm`, hidden),
      ...linear(`${layer}.intermediate.dense`, intermediate, hidden),
      ...linear(`${layer}.output.dense`, hidden, intermediate),
      ...layerNorm(`${layer}.output.LayerNorm`, hidden),
    );
  }
  return parameters;
}

/** A bidirectional GRU's tensors, with torch.nn.GRU's names and its gates in the order r, z, n. @param inputs of a token */
export function gruParameters({ hidden_size: hidden, num_layers }: GruConfig, inputs: number): Parameter[] {
  return Array.from({ length: num_layers }, (_, layer) =>
    [`l${layer}`, `l${layer}_reverse`].flatMap((name) => [
      matrix(`gru.weight_ih_${name}`, 3 * hidden, layer === 0 ? inputs : 2 * hidden),
      floats(`gru.weight_hh_${name}`, 3 * hidden, hidden), // each step takes up the last one's error
      floats(`gru.bias_ih_${name}`, 3 * hidden),
      floats(`gru.bias_hh_${name}`, 3 * hidden),
    ]),
  ).flat();
}

/** The tensors of the head that solves `task`; `labels` is how many labels it tells apart. @param gru what it reads, if any */
export function headParameters(
  config: ElectraConfig,
  task: Task,
  labels: number,
  gru?: GruConfig,
): Parameter[] {
  const { hidden_size: hidden, embedding_size: embedding } = config;
  switch (task) {
    case "token-classification":
      return scores("classifier", labels, gru === undefined ? hidden : 2 * gru.hidden_size);
    case "text-classification":
      return [
        ...linear("classifier.dense", hidden, hidden),
        ...scores("classifier.out_proj", labels, hidden),
      ];
    case "multiple-choice":
      return [...linear("sequence_summary.summary", hidden, hidden), ...scores("classifier", 1, hidden)];
    case "question-answering":
      return scores("qa_outputs", 2, hidden);
    case "fill-mask":
      return [
        ...linear("generator_predictions.dense", embedding, hidden),
        ...layerNorm("generator_predictions.LayerNorm", embedding),
        ...linear("generator_lm_head", config.vocab_size, embedding),
      ];
    case "replaced-token-detection":
      return [
        ...linear("discriminator_predictions.dense", hidden, hidden),
        ...scores("discriminator_predictions.dense_prediction", 1, hidden),
      ];
    case "feature-extraction":
      return [];
  }
}

/**
 * The output matrix of the generator's head. Where a file lacks it, the word embeddings stand in its place:
 * Clark et al. 2020, section 3.2, tie the two.
 */
export const TIED_LM_HEAD = "generator_lm_head.weight";

/** A linear-chain CRF in pytorch-crf's layout: `transitions[i, j]` scores the step from label `i` to label `j`. */
export function crfParameters(labels: number): Parameter[] {
  return [
    floats("crf.start_transitions", labels),
    floats("crf.transitions", labels, labels),
    floats("crf.end_transitions", labels),
  ];
}
