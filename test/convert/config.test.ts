import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parseHuggingFaceConfig } from "../../src/convert/hugging-face/config.ts";
import { failure, HEADS } from "./directories.ts";

const FIELDS = JSON.parse(await readFile(`${HEADS}token-classification/config.json`, "utf8"));
const parse = (changes: object) =>
  parseHuggingFaceConfig({ file: "config.json", fields: { ...FIELDS, ...changes } });
const refuses = (changes: object, code: string, ...parts: string[]) =>
  assert.throws(() => parse(changes), failure(code, "config.json", ...parts));

test("sizes, task and labels", () => {
  const { task, config, labels, tied } = parse({});
  assert.equal(task, "token-classification");
  assert.equal(config.hidden_size, 64);
  assert.deepEqual(labels, ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]);
  assert.equal(tied, true);
  assert.deepEqual(parse({ architectures: ["ElectraForMaskedLM"] }).labels, []);
});

test("what transformers takes for absent fields", () => {
  const { config, labels } = parse({ layer_norm_eps: undefined, id2label: undefined, num_labels: 3 });
  assert.equal(config.layer_norm_eps, 1e-12);
  assert.deepEqual(labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
  assert.equal(parse({ id2label: undefined }).labels.length, 2);
  const bare = parseHuggingFaceConfig({ file: "config.json", fields: { architectures: ["ElectraModel"] } });
  assert.equal(bare.config.vocab_size, 30522);
});

test("architectures are supported or refused by name", () => {
  refuses(
    { architectures: ["ElectraForCausalLM"] },
    "unsupported",
    "ElectraForCausalLM",
    "ElectraForTokenClassification",
  );
  refuses({ architectures: ["BertLMHeadModel"] }, "unsupported", "BertLMHeadModel");
  refuses({ architectures: ["BertModel"] }, "unsupported", "model_type", "electra");
  refuses({ architectures: ["toString"] }, "unsupported", "toString");
  refuses({ architectures: undefined }, "config-malformed", "architectures");
  refuses({ architectures: [] }, "config-malformed", "architectures");
  refuses({ architectures: [5] }, "config-malformed", "architectures");
  refuses({ architectures: ["ElectraModel", "ElectraModel"] }, "config-malformed", "architectures");
});

test("settings under which another model would be computed", () => {
  refuses({ model_type: "bert" }, "unsupported", "model_type", "bert");
  refuses({ is_decoder: true }, "unsupported", "is_decoder");
  refuses({ problem_type: "ranking" }, "config-malformed", "problem_type", "ranking");
  for (const fields of [
    { summary_type: "mean" },
    { summary_use_proj: false },
    { summary_activation: null },
  ]) {
    refuses(
      { architectures: ["ElectraForMultipleChoice"], ...fields },
      "unsupported",
      Object.keys(fields)[0]!,
    );
  }
  refuses({ add_cross_attention: true }, "unsupported", "add_cross_attention");
  refuses({ hidden_act: "silu" }, "config-malformed", "hidden_act", "silu", "gelu_new");
  for (const type of ["relative_key", "relative_key_query", "rotary"]) {
    refuses({ position_embedding_type: type }, "unsupported", "position_embedding_type", type);
  }
});

test("sizes and labels that can't be", () => {
  refuses({ hidden_size: 2 ** 53 }, "config-malformed", "hidden_size");
  refuses({ vocab_size: "600" }, "config-malformed", "vocab_size");
  refuses({ id2label: { 0: "O", 2: "B-X" } }, "labels-mismatch", "from 0 to 1", "1");
  refuses({ id2label: { 0: "O", 1: "O" } }, "labels-mismatch", "twice");
  refuses({ id2label: { 0: "O", 1: 5 } }, "labels-mismatch");
  for (const id2label of [null, "O", ["O"]]) refuses({ id2label }, "labels-mismatch", "id2label");
  refuses({ id2label: { 0: "O", "01": "B" } }, "labels-mismatch");
  refuses({ id2label: ["O"] }, "labels-mismatch", "object");
  refuses({ id2label: undefined, num_labels: 2 ** 40 }, "labels-mismatch", "num_labels");
});

const parseFamily = (modelType: string, architecture: string, changes: object = {}) =>
  parseHuggingFaceConfig({
    file: "config.json",
    fields: { model_type: modelType, architectures: [architecture], ...changes },
  });

test("families by their own defaults, and what their fields come to", () => {
  const bert = parseFamily("bert", "BertModel");
  assert.deepEqual(
    [bert.task, bert.config.model_type, bert.config.embedding_size, bert.config.intermediate_size],
    ["feature-extraction", "bert", 768, 3072],
  );
  assert.equal(bert.config.position_embedding_type, undefined);
  const roberta = parseFamily("roberta", "RobertaForMaskedLM", { max_position_embeddings: 514 });
  assert.deepEqual([roberta.config.max_position_embeddings, roberta.firstPosition], [512, 2]);
  const roformer = parseFamily("roformer", "RoFormerForMaskedLM", {
    embedding_size: null,
    rotary_value: true,
  });
  assert.deepEqual(
    [roformer.config.embedding_size, roformer.config.position_embedding_type, roformer.config.rotary_value],
    [768, "rotary", true],
  );
  assert.equal(parseFamily("ernie", "ErnieModel", { use_task_id: true }).taskType, true);
  assert.equal(parseFamily("ernie", "ErnieModel").taskType, false);
  assert.equal(parseFamily("bert", "BertForPreTraining").task, "fill-mask");
  assert.equal(
    parseFamily("bert", "BertModel", { hidden_act: "gelu_pytorch_tanh" }).config.hidden_act,
    "gelu_new",
  );
});

test("what a family can't be", () => {
  const fails = (code: string, parts: string[], ...of: Parameters<typeof parseFamily>) =>
    assert.throws(() => parseFamily(...of), failure(code, "config.json", ...parts));
  fails("config-malformed", ["rotary", "even"], "roformer", "RoFormerModel", { num_attention_heads: 256 });
  fails("config-malformed", ["rotary_value"], "roformer", "RoFormerModel", { rotary_value: "yes" });
  fails("config-malformed", ["pad_token_id"], "roberta", "RobertaModel", { pad_token_id: -1 });
  fails("config-malformed", ["max_position_embeddings"], "roberta", "RobertaModel", {
    max_position_embeddings: 2,
  });
  fails("unsupported", ["is_decoder"], "bert", "BertModel", { is_decoder: true });
  fails("unsupported", ["position_embedding_type", "rotary"], "bert", "BertModel", {
    position_embedding_type: "rotary",
  });
  fails("unsupported", ["RoFormerForPreTraining"], "roformer", "RoFormerForPreTraining");
});
