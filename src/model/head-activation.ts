import type { ElectraConfig, Task } from "./config.ts";

/**
 * What follows the dense layer of a task's head in the model's family, by Hugging Face's name. BERT and ERNIE classify
 * sequences by their pooler, whose tanh RoBERTa's head has too; what masked tokens are was fixed to GELU in ELECTRA and
 * RoBERTa, where others go by their own layers.
 */
export function headActivation(
  { model_type: family = "electra", hidden_act }: ElectraConfig,
  task: Task,
): ElectraConfig["hidden_act"] | "tanh" {
  if (task === "replaced-token-detection" || family === "roformer") return hidden_act;
  if (family === "electra") return "gelu";
  if (task === "fill-mask") return family === "roberta" ? "gelu" : hidden_act;
  return "tanh";
}
