"""Times pre-training steps of pretraining-task.json in PyTorch: both networks forward and backward, with what is drawn from
the generator in between, clipping and AdamW; no dropout.

    pip install -r bench/train/requirements.txt
    python bench/train/torch-pretraining-step.py           prints the median of 31 steps in milliseconds, as JSON
    python bench/train/torch-pretraining-step.py --serve   for each line on its input takes one step and prints its loss

`--task` names another file than pretraining-task.json, without its ending; `--device cuda` runs it on a GPU, in 32 bits
without TF32.

The network is test/golden/electra_pretraining.py. The optimizer is PyTorch's fused AdamW, which takes as long as Adam without
bias correction would.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "test" / "golden"))
from electra import adamw  # noqa: E402
from electra_pretraining import (  # noqa: E402
    DISCRIMINATOR_WEIGHT,
    GENERATOR_WEIGHT,
    pretraining_losses,
    pretraining_shapes,
)
from torch_steps import fresh_weights, serve_or_time  # noqa: E402

arguments = argparse.ArgumentParser()
arguments.add_argument("--serve", action="store_true")
arguments.add_argument("--task", default="pretraining-task")
arguments.add_argument("--device", default="cpu")
ARGUMENTS = arguments.parse_args()
TASK = json.loads((HERE / f"{ARGUMENTS.task}.json").read_text())
MASK = 4


def narrow(config, size):
    widths = ("hidden_size", "num_attention_heads", "intermediate_size")
    return config | {name: max(1, round(config[name] * size)) for name in widths}


def make_batch():
    """The batch that pretraining.ts makes too."""
    rows, columns = torch.arange(TASK["batch"])[:, None], torch.arange(TASK["tokens"])
    input_ids = 5 + (37 * rows + 11 * columns) % (TASK["discriminator"]["vocab_size"] - 5)
    masked = 1 + 6 * torch.arange(TASK["masked"])
    masked_ids = input_ids.clone()
    masked_ids[:, masked] = MASK
    places = {"rows": rows.expand(-1, len(masked)).flatten(), "columns": masked.repeat(TASK["batch"])}
    return {"input_ids": input_ids, "masked_ids": masked_ids} | places


def sample(logits):
    """By the Gumbel-max trick, as ours does."""
    return (logits - torch.empty_like(logits).exponential_().log()).argmax(1)


def make_step():
    torch.manual_seed(1)
    discriminator = TASK["discriminator"]
    generator = narrow(discriminator, TASK["generator_size"])
    model = fresh_weights(pretraining_shapes(discriminator, generator))
    optimizer = adamw(model, TASK["learning_rate"], TASK["weight_decay"], fused=True)
    batch = make_batch()

    def step():
        optimizer.zero_grad()
        of_generator, of_discriminator = pretraining_losses(model, discriminator, generator, batch, sample)
        loss = GENERATOR_WEIGHT * of_generator + DISCRIMINATOR_WEIGHT * of_discriminator
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.values(), TASK["clip_norm"])
        optimizer.step()
        return loss.item()

    return step


torch.set_num_threads(TASK["threads"])
torch.set_default_device(ARGUMENTS.device)
torch.backends.cuda.matmul.allow_tf32 = False
serve_or_time(make_step())
