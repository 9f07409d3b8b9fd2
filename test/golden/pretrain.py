"""Writes test/fixtures/training/pretraining.safetensors: 100 steps of ELECTRA's pre-training of a tiny network, as PyTorch
takes them in float32.

    pip install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0
    python test/golden/pretrain.py test/fixtures/training

Clark et al. 2020 and google-research/electra: a generator narrower than the discriminator, which shares its embeddings;
its loss on masked tokens and 50 times the discriminator's on all tokens; Adam without bias correction, whose rate falls to
0 over all steps times a climb over the first ones. There is no dropout. What the generator's softmax draws is drawn here and
kept, so that another program can be held against the rest.

The file has the weights before (by their names) and after (`final.<name>`), both losses and the gradients' global norm at
every step, and the batches. The discriminator's tensors have the names of its checkpoint, those of the generator alone
`generator.` before theirs. Prints how far the same in float64 is from it, as `finetune.py` does.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from electra_pretraining import DISCRIMINATOR_WEIGHT, GENERATOR_WEIGHT, pretraining_losses, pretraining_shapes

DISCRIMINATOR = {
    "vocab_size": 40,
    "embedding_size": 12,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "hidden_act": "gelu",
    "max_position_embeddings": 24,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}
GENERATOR_SIZE = 0.25
GENERATOR = DISCRIMINATOR | {"hidden_size": 6, "num_attention_heads": 1, "intermediate_size": 12}
MASK, CLS, SEP, FIRST_TOKEN = 4, 2, 3, 5
LENGTHS = [24, 11, 17, 20]
MASKED = [4, 2, 3, 3]
STEPS, WARM_UP_STEPS = 100, 10
LEARNING_RATE, WEIGHT_DECAY, CLIP_NORM = 4e-3, 0.01, 1.0
BETAS, EPSILON = (0.9, 0.999), 1e-6
SEED = 5


def draw_weights(random):
    """Larger than fresh weights are, as in finetune.py."""
    weights = {}
    for name, shape in pretraining_shapes(DISCRIMINATOR, GENERATOR).items():
        values = 0.1 * random.standard_normal(shape)
        weights[name] = (values + 1 if name.endswith("LayerNorm.weight") else values).astype(np.float32)
    return weights


def draw_batches(random):
    """Text in which a token follows from the one before it most of the time, so that there is something to learn."""
    width, sequences = max(LENGTHS), len(LENGTHS)
    tokens = DISCRIMINATOR["vocab_size"] - FIRST_TOKEN
    input_ids = np.zeros([STEPS, sequences, width], np.int32)
    masked_positions = np.zeros([STEPS, sum(MASKED)], np.int32)
    first_segments = np.zeros([STEPS, sequences], np.int32)
    masked_ids = np.zeros_like(input_ids)
    for step in range(STEPS):
        positions = []
        for row, length in enumerate(LENGTHS):
            token, text = random.integers(tokens), []
            for _ in range(length - 2):
                token = (2 * token + 1) % tokens if random.random() < 0.85 else random.integers(tokens)
                text.append(FIRST_TOKEN + token)
            ids = np.array([CLS, *text, SEP])
            middle = int(random.integers(2, length - 2))
            first_segments[step, row] = middle + 1 if random.random() < 0.8 else length
            if first_segments[step, row] < length:
                ids[middle] = SEP
            candidates = np.flatnonzero(ids >= FIRST_TOKEN)
            chosen = np.sort(random.choice(candidates, MASKED[row], replace=False))
            positions.append(chosen)
            input_ids[step, row, :length] = ids
            masked_ids[step, row, :length] = ids
            masked_ids[step, row, chosen[random.random(len(chosen)) < 0.85]] = MASK
        masked_positions[step] = np.concatenate(positions)
    return {
        "input_ids": input_ids,
        "lengths": np.array(LENGTHS, np.int32),
        "first_segments": first_segments,
        "masked_positions": masked_positions,
        "masked_counts": np.array(MASKED, np.int32),
        "masked_ids": masked_ids,
    }


def batch_of(batches, step):
    """A step's batch, counted from 1, as `pretraining_losses` takes it."""
    input_ids, masked_ids, columns, first_segments = (
        torch.tensor(batches[name][step - 1]).long()
        for name in ("input_ids", "masked_ids", "masked_positions", "first_segments")
    )
    places = torch.arange(input_ids.shape[1])
    mask = places < torch.tensor(LENGTHS)[:, None]
    return {
        "input_ids": input_ids,
        "masked_ids": masked_ids,
        "rows": torch.repeat_interleave(torch.arange(len(LENGTHS)), torch.tensor(MASKED)),
        "columns": columns,
        "token_type_ids": ((places >= first_segments[:, None]) & mask).long(),
        "mask": mask,
    }


def rate_factor(step):
    """`step` is counted from 1; the very first is one of rate 0."""
    done = step - 1
    return (1 - done / STEPS) * min(1, done / WARM_UP_STEPS)


class Adam:
    """AdamWeightDecayOptimizer of google-research/electra: no bias correction; biases and LayerNorm don't decay."""

    def __init__(self, model):
        self.model = model
        self.moments = {name: (torch.zeros_like(tensor), torch.zeros_like(tensor)) for name, tensor in model.items()}

    @torch.no_grad()
    def step(self, rate):
        for name, parameter in self.model.items():
            first, second = self.moments[name]
            first.mul_(BETAS[0]).add_(parameter.grad, alpha=1 - BETAS[0])
            second.mul_(BETAS[1]).add_(parameter.grad.square(), alpha=1 - BETAS[1])
            update = first / (second.sqrt() + EPSILON)
            if not ("LayerNorm" in name or "bias" in name):
                update += WEIGHT_DECAY * parameter
            parameter -= rate * update
            parameter.grad = None


def train(weights, batches, dtype, samples=None):
    """@param samples drawn by the generator's softmax where they are not given"""
    model = {name: torch.tensor(values, dtype=dtype, requires_grad=True) for name, values in weights.items()}
    optimizer = Adam(model)
    random = np.random.default_rng(SEED + 1)
    taken, losses, norms = [], [], []

    def sample(logits):
        if samples is None:
            noise = random.gumbel(size=tuple(logits.shape))
            taken.append((logits.double().numpy() + noise).argmax(1))
        else:
            taken.append(samples[len(taken)])
        return torch.tensor(taken[-1]).long()

    for step in range(1, STEPS + 1):
        batch = batch_of(batches, step)
        generator_loss, discriminator_loss = pretraining_losses(model, DISCRIMINATOR, GENERATOR, batch, sample)
        (GENERATOR_WEIGHT * generator_loss + DISCRIMINATOR_WEIGHT * discriminator_loss).backward()
        losses.append([generator_loss.item(), discriminator_loss.item()])
        norms.append(torch.nn.utils.clip_grad_norm_(model.values(), CLIP_NORM).item())
        optimizer.step(LEARNING_RATE * rate_factor(step))
    outcome = {f"final.{name}": tensor.detach().numpy() for name, tensor in model.items()}
    generator_losses, discriminator_losses = np.array(losses).T
    outcome |= {"generator_loss": generator_losses, "discriminator_loss": discriminator_losses}
    return outcome | {"gradient_norm": np.array(norms)}, np.array(taken, np.int32)


def settings():
    return {
        "discriminator": DISCRIMINATOR,
        "generator": GENERATOR,
        "generator_size": GENERATOR_SIZE,
        "steps": STEPS,
        "warmup_steps": WARM_UP_STEPS,
        "learning_rate": LEARNING_RATE,
        "weight_decay": WEIGHT_DECAY,
        "clip_norm": CLIP_NORM,
        "dropout": 0,
        "seed": SEED,
        "torch": torch.__version__.split("+")[0],
    }


def print_deviations(single, double):
    for kind in ("final.", "generator_loss", "discriminator_loss", "gradient_norm"):
        shares = {
            name: (np.abs(single[name] - double[name]).max() / np.abs(double[name]).max(), np.abs(double[name]).max())
            for name in single
            if name.startswith(kind)
        }
        for name in sorted(shares, key=shares.get)[-3:]:
            print(f"{shares[name][0]:.1e} of {shares[name][1]:.1e}  {name}")


def main(folder):
    torch.set_num_threads(1)  # the order of sums, and with it their rounding, is one thread's
    random = np.random.default_rng(SEED)
    weights, batches = draw_weights(random), draw_batches(random)
    single, samples = train(weights, batches, torch.float32)
    double, _ = train(weights, batches, torch.float64, samples)
    print_deviations(single, double)
    for name in ("generator_loss", "discriminator_loss", "gradient_norm"):
        print(name, *(f"{value:.3f}" for value in single[name][::11]))
    rows = np.repeat(np.arange(len(LENGTHS)), MASKED)
    original = np.array([ids[rows, at] for ids, at in zip(batches["input_ids"], batches["masked_positions"])])
    print(f"{(samples == original).mean():.0%} of the samples are the original tokens")
    floats = {name: np.ascontiguousarray(values, np.float32) for name, values in (weights | single).items()}
    file = folder / "pretraining.safetensors"
    save_file(floats | batches | {"sampled_ids": samples}, file, {"settings": json.dumps(settings())})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
