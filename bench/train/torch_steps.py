"""What torch-step.py and torch-pretraining-step.py do with the step that each takes."""

import json
import statistics
import sys
import time

import torch

WARM_UP, STEPS = 5, 31


def median_milliseconds(step):
    times = []
    for _ in range(WARM_UP + STEPS):
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[WARM_UP:])


def serve_or_time(step):
    """With `--serve` takes a step for each line that comes, and prints its loss; else prints the median time."""
    if "--serve" in sys.argv[1:]:
        for _ in sys.stdin:
            print(json.dumps({"loss": step()}), flush=True)
    else:
        print(json.dumps({"milliseconds": median_milliseconds(step), "torch": torch.__version__.split("+")[0]}))


def fresh_weights(shapes):
    """Parameters as Hugging Face draws them, but for the biases, which are drawn too."""
    return {
        name: (torch.ones(shape) if name.endswith("LayerNorm.weight") else 0.02 * torch.randn(shape)).requires_grad_()
        for name, shape in shapes.items()
    }
