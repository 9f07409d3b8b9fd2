"""ELECTRA (Clark et al. 2020) with heads and their losses, in plain PyTorch and written for clarity.

A model is a dict of tensors by the names of Hugging Face's checkpoints; a CRF's are named as in pytorch-crf. Scalars
of the config have the names of Hugging Face's ElectraConfig. There is no dropout.
"""

import torch
import torch.nn.functional as F

IGNORED = -100


def shapes(config, head, labels):
    """Shapes by name of the model that ends in `head`: "crf", "softmax" or "sequence"."""
    embedding, hidden, inner = (
        config[name] for name in ("embedding_size", "hidden_size", "intermediate_size")
    )
    embeddings = "electra.embeddings"
    found = {
        f"{embeddings}.word_embeddings.weight": [config["vocab_size"], embedding],
        f"{embeddings}.position_embeddings.weight": [config["max_position_embeddings"], embedding],
        f"{embeddings}.token_type_embeddings.weight": [config["type_vocab_size"], embedding],
        **of_layer_norm(f"{embeddings}.LayerNorm", embedding),
        **of_linear("electra.embeddings_project", hidden, embedding),
    }
    for i in range(config["num_hidden_layers"]):
        layer = f"electra.encoder.layer.{i}"
        for part in ("query", "key", "value"):
            found |= of_linear(f"{layer}.attention.self.{part}", hidden, hidden)
        found |= of_linear(f"{layer}.attention.output.dense", hidden, hidden)
        found |= of_layer_norm(f"{layer}.attention.output.LayerNorm", hidden)
        found |= of_linear(f"{layer}.intermediate.dense", inner, hidden)
        found |= of_linear(f"{layer}.output.dense", hidden, inner)
        found |= of_layer_norm(f"{layer}.output.LayerNorm", hidden)
    if head == "sequence":
        return found | of_linear("classifier.dense", hidden, hidden) | of_linear("classifier.out_proj", labels, hidden)
    found |= of_linear("classifier", labels, hidden)
    if head == "crf":
        found |= {
            "crf.start_transitions": [labels],
            "crf.transitions": [labels, labels],
            "crf.end_transitions": [labels],
        }
    return found


def of_linear(name, outputs, inputs):
    return {f"{name}.weight": [outputs, inputs], f"{name}.bias": [outputs]}


def of_layer_norm(name, size):
    return {f"{name}.weight": [size], f"{name}.bias": [size]}


def linear(model, name, x):
    return F.linear(x, model[f"{name}.weight"], model[f"{name}.bias"])


def layer_norm(model, config, name, x):
    return F.layer_norm(x, x.shape[-1:], model[f"{name}.weight"], model[f"{name}.bias"], config["layer_norm_eps"])


def encode(model, config, input_ids, mask=None, token_type_ids=0):
    """The last hidden state [sequences, tokens, hidden_size].

    `mask` [sequences, tokens] is true for tokens and false for padding; without one there is no padding.
    """
    table = lambda name: model[f"electra.embeddings.{name}_embeddings.weight"]
    positions = torch.arange(input_ids.shape[1])
    x = table("word")[input_ids] + table("position")[positions] + table("token_type")[token_type_ids]
    x = linear(model, "electra.embeddings_project", layer_norm(model, config, "electra.embeddings.LayerNorm", x))
    for i in range(config["num_hidden_layers"]):
        layer = f"electra.encoder.layer.{i}"
        attended = linear(model, f"{layer}.attention.output.dense", attention(model, config, layer, x, mask))
        x = layer_norm(model, config, f"{layer}.attention.output.LayerNorm", attended + x)
        inner = F.gelu(linear(model, f"{layer}.intermediate.dense", x))
        x = layer_norm(model, config, f"{layer}.output.LayerNorm", linear(model, f"{layer}.output.dense", inner) + x)
    return x


def attention(model, config, layer, x, mask):
    def heads(part):
        split = linear(model, f"{layer}.attention.self.{part}", x).unflatten(-1, (config["num_attention_heads"], -1))
        return split.transpose(1, 2)

    keys = None if mask is None else mask[:, None, None, :]
    context = F.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), attn_mask=keys)
    return context.transpose(1, 2).flatten(2)


def crf_loss(model, hidden, labels):
    """The negative log-likelihood of the labels' path, mean over sequences.

    `labels` is [sequences, tokens]. The CRF runs over the tokens that carry a label, as though they stood side by
    side; those of IGNORED carry none, which are the padding, [CLS], [SEP], and what continues a word.
    """
    order = (labels == IGNORED).int().argsort(dim=1, stable=True)
    labels = labels.gather(1, order)
    mask = labels != IGNORED
    labels = labels.where(mask, 0)
    emissions = linear(model, "classifier", hidden)
    emissions = emissions.gather(1, order[:, :, None].expand_as(emissions))
    start, transitions, end = (model[f"crf.{name}"] for name in ("start_transitions", "transitions", "end_transitions"))

    at_labels = emissions.gather(2, labels[:, :, None]).squeeze(2)
    last = labels.gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1)
    score = start[labels[:, 0]] + at_labels.where(mask, 0).sum(1) + end[last]
    score = score + transitions[labels[:, :-1], labels[:, 1:]].where(mask[:, 1:], 0).sum(1)

    alpha = start + emissions[:, 0]
    for t in range(1, int(mask.sum(1).max())):
        step = torch.logsumexp(alpha[:, :, None] + transitions, dim=1) + emissions[:, t]
        alpha = step.where(mask[:, t, None], alpha)
    return (torch.logsumexp(alpha + end, dim=1) - score).mean()


def softmax_loss(model, hidden, labels):
    """Cross-entropy, mean over the tokens of the batch that carry a label."""
    return F.cross_entropy(linear(model, "classifier", hidden).flatten(0, 1), labels.flatten(), ignore_index=IGNORED)


def sequence_loss(model, hidden, labels):
    """Cross-entropy of a label for each sequence, by its first token, mean over sequences."""
    dense = F.gelu(linear(model, "classifier.dense", hidden[:, 0]))
    return F.cross_entropy(linear(model, "classifier.out_proj", dense), labels)


LOSSES = {"crf": crf_loss, "softmax": softmax_loss, "sequence": sequence_loss}


def adamw(model, learning_rate, weight_decay, **options):
    """AdamW that decays matrices, and neither biases nor LayerNorm's or the CRF's tensors, as BERT's own does."""
    decays = lambda name: model[name].dim() == 2 and not name.startswith("crf.")
    groups = [
        {"params": [model[name] for name in model if decays(name)], "weight_decay": weight_decay},
        {"params": [model[name] for name in model if not decays(name)], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.999), eps=1e-8, **options)
