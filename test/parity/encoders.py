"""Writes test/fixtures/encoders: tiny models of the families whose encoder is ELECTRA's, and what transformers makes of them.

    pip install torch transformers safetensors
    python test/parity/encoders.py

Weights are random, large enough for every term to show, and rounded to float16; shapes are odd. Each folder is a Hugging
Face directory as transformers writes it, with expected.safetensors beside it: for every case `n.input_ids`,
`n.attention_mask` and `n.token_type_ids` [rows, width], `n.last_hidden_state`, and what the head gives as `n.logits`, with
`n.end_logits` for answers, or `n.sentence_embedding`: the mean of the last hidden state, of length 1.
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

OUT = Path(__file__).parent.parent / "fixtures" / "encoders"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "##a", "##b", "张", "三", "北", "京", ".", "1"]
LABELS = ["O", "B-X", "I-X"]

SHAPE = dict(
    vocab_size=len(VOCABULARY),
    hidden_size=12,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=18,
    max_position_embeddings=13,
    type_vocab_size=2,
    id2label=dict(enumerate(LABELS)),
)

# Folder: architecture, and what its config has beside the shape.
MODELS = {
    "roformer-masked-lm": ("RoFormerForMaskedLM", dict(embedding_size=10, num_hidden_layers=2)),
    "roformer-sequence-classification": (
        "RoFormerForSequenceClassification",
        dict(rotary_value=True, hidden_act="relu"),
    ),
    "roformer-token-classification": (
        "RoFormerForTokenClassification",
        dict(embedding_size=20, rotary_value=True, hidden_size=10, num_attention_heads=1),
    ),
    "bert": ("BertModel", {}),
    "bert-token-classification": ("BertForTokenClassification", dict(num_attention_heads=3)),
    "bert-sequence-classification": ("BertForSequenceClassification", dict(hidden_act="gelu_new")),
    "bert-masked-lm": ("BertForMaskedLM", dict(hidden_act="relu")),
    "bert-question-answering": ("BertForQuestionAnswering", dict(layer_norm_eps=1e-3, id2label={0: "start", 1: "end"})),
    "bert-multiple-choice": ("BertForMultipleChoice", {}),
    "minilm": ("BertModel", dict(num_attention_heads=6, num_hidden_layers=3, intermediate_size=24)),
    "roberta-token-classification": (
        "RobertaForTokenClassification",
        dict(type_vocab_size=1, pad_token_id=1, max_position_embeddings=15),
    ),
    "roberta-sequence-classification": (
        "RobertaForSequenceClassification",
        dict(type_vocab_size=1, pad_token_id=0, max_position_embeddings=14, hidden_act="gelu_new"),
    ),
    "roberta-masked-lm": (
        "RobertaForMaskedLM",
        dict(type_vocab_size=1, pad_token_id=1, max_position_embeddings=15, hidden_act="relu"),
    ),
    "ernie-masked-lm": ("ErnieForMaskedLM", dict(hidden_act="relu", layer_norm_eps=1e-5)),
    "ernie-sequence-classification": (
        "ErnieForSequenceClassification",
        dict(use_task_id=True, task_type_vocab_size=5, hidden_act="relu"),
    ),
    "ernie-gram": ("ErnieModel", dict(use_task_id=True, layer_norm_eps=1e-5)),
}

# What weights deviate by.
SPREAD = 0.4

# Of each case the lengths of its rows, which end in padding.
CASES = [[13, 5], [1, 4, 9]]


def randomise(model, generator):
    for name, parameter in model.named_parameters():
        if "embed_positions" in name:
            continue  # sines and cosines, not learned
        around = 1.0 if name.endswith(("LayerNorm.weight", "layer_norm.weight")) else 0.0
        values = around + SPREAD * torch.randn(parameter.shape, generator=generator)
        parameter.data.copy_(values.half().float())


def batch(lengths, config, generator):
    width = max(lengths)
    pad = config.pad_token_id
    shape = (len(lengths), width)
    mask = torch.tensor([[int(t < length) for t in range(width)] for length in lengths])
    # RoBERTa counts positions by what isn't padding, so no text has that token.
    ids = torch.randint(2, config.vocab_size, shape, generator=generator)
    types = torch.randint(0, config.type_vocab_size, shape, generator=generator)
    return {"input_ids": torch.where(mask == 1, ids, pad), "attention_mask": mask, "token_type_ids": types * mask}


def pooled(hidden, mask):
    weights = mask.unsqueeze(-1).float()
    mean = (hidden * weights).sum(1) / weights.sum(1)
    return torch.nn.functional.normalize(mean, dim=1)


@torch.no_grad()
def write(folder, architecture, fields, seed):
    generator = torch.Generator().manual_seed(seed)
    model_class = getattr(transformers, architecture)
    config = model_class.config_class(**{**SHAPE, **fields})
    model = model_class(config).eval()
    randomise(model, generator)
    expected = {}
    for number, lengths in enumerate(CASES):
        inputs = batch(lengths, config, generator)
        # A row is a choice of a question that has only this one.
        choices = {name: value.unsqueeze(1) for name, value in inputs.items()}
        given = choices if "MultipleChoice" in architecture else inputs
        output = model(**given, output_hidden_states=True)
        values = {**inputs, "last_hidden_state": output.hidden_states[-1]}
        if "logits" in output:
            values["logits"] = output.logits
        elif "start_logits" in output:
            values |= {"logits": output.start_logits, "end_logits": output.end_logits}
        else:
            values["sentence_embedding"] = pooled(output.last_hidden_state, inputs["attention_mask"])
        expected |= {f"{number}.{name}": value.contiguous() for name, value in values.items()}
    target = OUT / folder
    target.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(target)
    (target / "generation_config.json").unlink(missing_ok=True)
    (target / "vocab.txt").write_text("".join(f"{token}\n" for token in VOCABULARY))
    (target / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}) + "\n")
    save_file(expected, target / "expected.safetensors")


if __name__ == "__main__":
    for seed, (folder, (architecture, fields)) in enumerate(MODELS.items()):
        write(folder, architecture, fields, seed)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}: wrote {len(MODELS)} models to {OUT}")
