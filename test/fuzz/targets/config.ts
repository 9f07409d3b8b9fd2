import { parseHuggingFaceConfig } from "../../../src/convert/hugging-face/config.ts";
import { parseJsonObject } from "../../../src/convert/text-file.ts";
import type { Target } from "../target.ts";

const SIZES = {
  vocab_size: 9,
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 3,
};
const OTHER = { max_position_embeddings: 8, type_vocab_size: 2, layer_norm_eps: 1e-5 };
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

export const target: Target = {
  parse(bytes) {
    parseHuggingFaceConfig(parseJsonObject(new TextDecoder().decode(bytes), "f"));
  },
  seeds: () => [
    json({
      architectures: ["ElectraForTokenClassification"],
      ...SIZES,
      ...OTHER,
      id2label: { 0: "O", 1: "B-P" },
    }),
    json({
      architectures: ["BertForSequenceClassification"],
      model_type: "bert",
      hidden_act: "gelu_fast",
      ...SIZES,
    }),
    json({
      architectures: ["RobertaForMaskedLM"],
      model_type: "roberta",
      pad_token_id: 1,
      ...SIZES,
      ...OTHER,
    }),
    json({ architectures: ["RoFormerModel"], model_type: "roformer", rotary_value: false, ...SIZES }),
    json({
      model_type: "bigru",
      vocab_size: 9,
      embedding_size: 4,
      gru: { hidden_size: 3, num_layers: 1 },
      num_labels: 2,
    }),
  ],
  maxLength: 700,
  sources: ["src/convert/hugging-face/config.ts", "src/convert/families.ts", "src/model/config.ts"],
  dictionary: [
    '"num_labels":',
    '"id2label":{}',
    '"problem_type":',
    '"gru":',
    '"ernie"',
    '{"toString":1}',
    "[[1]]",
  ],
};
