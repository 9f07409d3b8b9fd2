"""Writes test/fixtures/training: ten fine-tuning steps of a tiny ELECTRA, as PyTorch takes them in float32.

    pip install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0
    python test/golden/finetune.py test/fixtures/training

A file for each head, with the weights before (by their names) and after (`final.<name>`), the first step's gradients
before clipping (`gradient.<name>`), the loss and the gradients' global norm at every step, and the batch. Prints how
far the same in float64 is from it, as shares of each tensor's largest value: what a test can ask of another float32
implementation. The bias that all keys share adds the same to a query's score of every key, which the softmax takes
away: its gradient is 0 but for rounding, which AdamW blows up to full steps, so its values agree with nobody's.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from electra import IGNORED, LOSSES, adamw, encode, shapes

CONFIG = {
    "vocab_size": 50,
    "embedding_size": 12,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "hidden_act": "gelu",
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}
LABELS = 5
LENGTHS = [5, 9, 13]
STEPS = 10
LEARNING_RATE = 1e-2
WEIGHT_DECAY = 0.01
CLIP_NORM = 1.0
# Under this one no gradient comes so close to 0 that AdamW, which divides by it, would magnify its rounding.
SEED = 22
MEANS = {"crf": "sequences", "softmax": "labelled tokens", "sequence": "sequences"}


def draw_weights(head, random):
    """Larger than fresh weights are, so that attention isn't uniform and every gradient is well above rounding."""
    weights = {}
    for name, shape in shapes(CONFIG, head, LABELS).items():
        values = 0.2 * random.standard_normal(shape)
        weights[name] = (values + 1 if name.endswith("LayerNorm.weight") else values).astype(np.float32)
    return weights


def draw_batch(head, random):
    width = max(LENGTHS)
    input_ids = np.zeros([len(LENGTHS), width], np.int32)
    labels = np.full([len(LENGTHS), width], IGNORED, np.int32)
    for row, length in enumerate(LENGTHS):
        input_ids[row, :length] = random.integers(5, CONFIG["vocab_size"], length)
        input_ids[row, [0, length - 1]] = [2, 3]
        labels[row, 1 : length - 1] = random.integers(0, LABELS, length - 2)
    labels[-1, [4, 5]] = IGNORED  # as though these two continued a word
    if head == "sequence":
        labels = random.integers(0, LABELS, len(LENGTHS)).astype(np.int32)
    return {"input_ids": input_ids, "labels": labels, "lengths": np.array(LENGTHS, np.int32)}


def train(loss_of, weights, batch, dtype):
    """Ten steps. `loss_of` makes a loss of the model, the ids, where no padding is, and the labels."""
    model = {name: torch.tensor(values, dtype=dtype, requires_grad=True) for name, values in weights.items()}
    optimizer = adamw(model, LEARNING_RATE, WEIGHT_DECAY)
    input_ids, labels = torch.tensor(batch["input_ids"]).long(), torch.tensor(batch["labels"]).long()
    mask = torch.arange(input_ids.shape[1]) < torch.tensor(LENGTHS)[:, None]
    outcome, losses, norms = {}, [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, input_ids, mask, labels)
        loss.backward()
        if step == 0:
            outcome |= {f"gradient.{name}": tensor.grad.numpy().copy() for name, tensor in model.items()}
        losses.append(loss.item())
        norms.append(torch.nn.utils.clip_grad_norm_(model.values(), CLIP_NORM).item())
        optimizer.step()
    outcome |= {f"final.{name}": tensor.detach().numpy() for name, tensor in model.items()}
    return outcome | {"loss": np.array(losses), "gradient_norm": np.array(norms)}


def settings(head):
    return {
        "config": CONFIG,
        "head": head,
        "labels": LABELS,
        "loss_is_mean_over": MEANS[head],
        "optimizer": {
            "learning_rate": LEARNING_RATE,
            "beta1": 0.9,
            "beta2": 0.999,
            "epsilon": 1e-8,
            "weight_decay": WEIGHT_DECAY,
            "clip_norm": CLIP_NORM,
        },
        "dropout": 0,
        "seed": SEED,
        "torch": torch.__version__.split("+")[0],
    }


def print_deviations(head, single, double):
    for kind in ("gradient.", "final.", "loss", "gradient_norm"):
        names = [name for name in single if name.startswith(kind) and not name.endswith("key.bias")]
        shares = {name: np.abs(single[name] - double[name]).max() / np.abs(double[name]).max() for name in names}
        worst = max(shares, key=shares.get)
        print(f"{head:9} {shares[worst]:.1e} {worst}")


def main(folder):
    torch.set_num_threads(1)  # the order of sums, and with it their rounding, is one thread's
    folder.mkdir(parents=True, exist_ok=True)
    for head in LOSSES:
        random = np.random.default_rng(SEED)
        weights, batch = draw_weights(head, random), draw_batch(head, random)

        def loss_of(model, input_ids, mask, labels):
            return LOSSES[head](model, encode(model, CONFIG, input_ids, mask), labels)

        write_steps(folder / f"{head}.safetensors", loss_of, weights, batch, settings(head))


def write_steps(path, loss_of, weights, batch, settings):
    single, double = (train(loss_of, weights, batch, dtype) for dtype in (torch.float32, torch.float64))
    print_deviations(path.stem, single, double)
    floats = {name: np.ascontiguousarray(values, np.float32) for name, values in (weights | single).items()}
    save_file(floats | batch, path, {"settings": json.dumps(settings)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
