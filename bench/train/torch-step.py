"""Times fine-tuning steps of task.json in PyTorch: forward, backward, clipping and AdamW; no dropout.

    pip install -r bench/train/requirements.txt
    python bench/train/torch-step.py           prints the median of 31 steps in milliseconds, as JSON
    python bench/train/torch-step.py --serve   for each line on its input takes one step and prints its loss as JSON

The network is test/golden/electra.py, whose attention is scaled_dot_product_attention, and the optimizer PyTorch's
fused one: of those it has for the CPU, the fastest.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "test" / "golden"))
from electra import IGNORED, LOSSES, adamw, encode, shapes  # noqa: E402

TASK = json.loads((HERE / "task.json").read_text())
WARM_UP, STEPS = 5, 31


def make_step():
    torch.manual_seed(1)
    config, labels = TASK["config"], TASK["labels"]
    model = {
        name: (torch.ones(shape) if name.endswith("LayerNorm.weight") else 0.02 * torch.randn(shape)).requires_grad_()
        for name, shape in shapes(config, "crf", labels).items()
    }
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


def median_milliseconds(step):
    times = []
    for _ in range(WARM_UP + STEPS):
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[WARM_UP:])


torch.set_num_threads(TASK["threads"])
take = make_step()
if "--serve" in sys.argv[1:]:
    for _ in sys.stdin:
        print(json.dumps({"loss": take()}), flush=True)
else:
    print(json.dumps({"milliseconds": median_milliseconds(take), "torch": torch.__version__.split("+")[0]}))
