"""Times fine-tuning steps of task.json in PyTorch: forward, backward, clipping and AdamW; no dropout.

    pip install -r bench/train/requirements.txt
    python bench/train/torch-step.py           prints the median of 31 steps in milliseconds, as JSON
    python bench/train/torch-step.py --serve   for each line on its input takes one step and prints its loss as JSON

The network is test/golden/electra.py, whose attention is scaled_dot_product_attention, and the optimizer PyTorch's
fused one: of those it has for the CPU, the fastest.
"""

import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "test" / "golden"))
from electra import IGNORED, LOSSES, adamw, encode, shapes  # noqa: E402
from torch_steps import fresh_weights, serve_or_time  # noqa: E402

TASK = json.loads((HERE / "task.json").read_text())


def make_step():
    torch.manual_seed(1)
    config, labels = TASK["config"], TASK["labels"]
    model = fresh_weights(shapes(config, "crf", labels))
    optimizer = adamw(model, TASK["learning_rate"], TASK["weight_decay"], fused=True)
    rows, columns = torch.arange(TASK["batch"])[:, None], torch.arange(TASK["tokens"])
    input_ids = (37 * rows + 11 * columns) % config["vocab_size"]
    tags = (rows + columns) % labels
    tags[:, [0, -1]] = IGNORED

    def step():
        optimizer.zero_grad()
        loss = LOSSES["crf"](model, encode(model, config, input_ids), tags)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.values(), TASK["clip_norm"])
        optimizer.step()
        return loss.item()

    return step


torch.set_num_threads(TASK["threads"])
serve_or_time(make_step())
