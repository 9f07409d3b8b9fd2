"""Writes to test/fixtures/training what finetune.py writes, of networks with PyTorch's own bidirectional GRU.

    pip install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0
    python test/golden/finetune_gru.py test/fixtures/training

`bigru-crf` is word embeddings, two layers of GRUs and a CRF; `electra-bigru-crf` has an ELECTRA in the embeddings'
place and one layer of GRUs.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from electra import crf_loss, encode, shapes
from finetune import CONFIG, LABELS, LENGTHS, draw_batch, settings, write_steps

EMBEDDINGS = {
    "model_type": "embeddings",
    "vocab_size": CONFIG["vocab_size"],
    "embedding_size": 10,
    "max_position_embeddings": CONFIG["max_position_embeddings"],
}
SEED = 6  # as finetune.py's: no gradient so close to 0 that AdamW magnifies its rounding
WORDS = "electra.embeddings.word_embeddings.weight"


def recurrent(gru, inputs):
    return torch.nn.GRU(inputs, gru["hidden_size"], gru["num_layers"], batch_first=True, bidirectional=True)


def run_gru(model, gru, x):
    """[sequences, tokens, 2 * hidden_size], every sequence on its real length."""
    module = recurrent(gru, x.shape[2]).to(x.dtype)
    packed = pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    own = {name: model[f"gru.{name}"] for name, _ in module.named_parameters()}
    out, _ = torch.func.functional_call(module, own, (packed,))
    return pad_packed_sequence(out, batch_first=True)[0]


def draw_weights(config, gru, random):
    """As large as makes the gates open and shut."""
    words_alone = config.get("model_type") == "embeddings"
    inputs = config["embedding_size"] if words_alone else config["hidden_size"]
    found = {WORDS: [config["vocab_size"], inputs]} if words_alone else shapes(config, "crf", LABELS)
    found |= {f"gru.{name}": list(tensor.shape) for name, tensor in recurrent(gru, inputs).named_parameters()}
    found |= {"classifier.weight": [LABELS, 2 * gru["hidden_size"]], "classifier.bias": [LABELS]}
    found |= {"crf.start_transitions": [LABELS], "crf.transitions": [LABELS, LABELS], "crf.end_transitions": [LABELS]}
    weights = {}
    for name, shape in found.items():
        values = (0.5 if name.startswith("gru.") else 0.2) * random.standard_normal(shape)
        if name == WORDS and words_alone:
            values *= 5
        weights[name] = (values + 1 if name.endswith("LayerNorm.weight") else values).astype(np.float32)
    return weights


def write(path, config, gru):
    random = np.random.default_rng(SEED)
    weights, batch = draw_weights(config, gru, random), draw_batch("crf", random)

    def loss_of(model, input_ids, mask, labels):
        x = model[WORDS][input_ids] if "model_type" in config else encode(model, config, input_ids, mask)
        return crf_loss(model, run_gru(model, gru, x), labels)

    write_steps(path, loss_of, weights, batch, settings("crf") | {"config": config, "gru": gru, "seed": SEED})


def main(folder):
    torch.set_num_threads(1)
    write(folder / "bigru-crf.safetensors", EMBEDDINGS, {"hidden_size": 7, "num_layers": 2})
    write(folder / "electra-bigru-crf.safetensors", CONFIG, {"hidden_size": 12, "num_layers": 1})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
