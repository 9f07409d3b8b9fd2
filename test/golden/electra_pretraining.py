"""ELECTRA's pre-training (Clark et al. 2020; google-research/electra) in plain PyTorch and written for clarity.

The generator shares the discriminator's embeddings, and its output matrix is the word embeddings. The model is a dict of
tensors: the discriminator's by the names of its checkpoint, those of the generator alone with `generator.` before theirs.
"""

import torch
import torch.nn.functional as F

from electra import encode, layer_norm, linear, of_layer_norm, of_linear, shapes

GENERATOR_WEIGHT, DISCRIMINATOR_WEIGHT = 1.0, 50.0


def generator_name(name):
    return name if name.startswith("electra.embeddings.") else f"generator.{name}"


def pretraining_shapes(discriminator, generator):
    """Shapes by name of both networks, by their configs."""
    embedding, hidden = discriminator["embedding_size"], discriminator["hidden_size"]
    found = encoder_shapes(discriminator)
    found |= of_linear("discriminator_predictions.dense", hidden, hidden)
    found |= of_linear("discriminator_predictions.dense_prediction", 1, hidden)
    own = encoder_shapes(generator)
    own |= of_linear("generator_predictions.dense", embedding, generator["hidden_size"])
    own |= of_layer_norm("generator_predictions.LayerNorm", embedding)
    own |= {"generator_lm_head.bias": [generator["vocab_size"]]}
    return found | {generator_name(name): shape for name, shape in own.items()}


def encoder_shapes(config):
    return {name: shape for name, shape in shapes(config, "softmax", 1).items() if name.startswith("electra.")}


def generator_of(model):
    """The generator's tensors by the names of its own checkpoint."""
    own = {name.removeprefix("generator."): tensor for name, tensor in model.items() if name.startswith("generator.")}
    return {name: tensor for name, tensor in model.items() if generator_name(name) == name} | own


def predict_tokens(generator, config, hidden):
    """Scores of all tokens by the generator's hidden states."""
    dense = F.gelu(linear(generator, "generator_predictions.dense", hidden))
    normal = layer_norm(generator, config, "generator_predictions.LayerNorm", dense)
    word_embeddings = generator["electra.embeddings.word_embeddings.weight"]
    return F.linear(normal, word_embeddings, generator["generator_lm_head.bias"])


def detect_replaced(model, hidden):
    """Above 0 for a token that looks replaced."""
    dense = F.gelu(linear(model, "discriminator_predictions.dense", hidden))
    return linear(model, "discriminator_predictions.dense_prediction", dense).squeeze(-1)


def pretraining_losses(model, discriminator, generator, batch, sample):
    """The generator's loss, mean over masked tokens, and the discriminator's, mean over all.

    `batch` has `input_ids` and `masked_ids` [sequences, tokens], the `rows` and `columns` that are masked, and where there
    is more than one segment or padding `token_type_ids` and `mask` [sequences, tokens]. `sample` turns the generator's
    logits into the tokens that are put in.
    """
    input_ids, mask = batch["input_ids"], batch.get("mask")
    types = batch.get("token_type_ids", 0)
    places = batch["rows"], batch["columns"]
    own = generator_of(model)
    hidden = encode(own, generator, batch["masked_ids"], mask, types)
    logits = predict_tokens(own, generator, hidden[places])
    generator_loss = F.cross_entropy(logits, input_ids[places])

    corrupted = input_ids.index_put(places, sample(logits.detach()))
    detected = detect_replaced(model, encode(model, discriminator, corrupted, mask, types))
    replaced = (corrupted != input_ids).to(detected.dtype)
    if mask is not None:
        detected, replaced = detected[mask], replaced[mask]
    return generator_loss, F.binary_cross_entropy_with_logits(detected, replaced)
