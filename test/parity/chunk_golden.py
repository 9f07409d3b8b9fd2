"""Writes what conlleval and PaddleNLP's ChunkEvaluator count, for test/metrics to hold src/metrics against.

PaddleNLP's evaluator needs little of Paddle, which a few lines here stand in for.

    python -m venv env && env/bin/pip install seqeval==1.2.2 conlleval==0.2
    env/bin/pip install --no-deps paddlenlp==2.8.1
    env/bin/python test/parity/chunk_golden.py    # rewrites test/fixtures/metrics-chunks.json
"""

import importlib.util
import logging
import random
import sys
import types
import warnings
from pathlib import Path

import conlleval
import numpy as np
from seqeval_golden import TYPES, changed, sequence, write

warnings.filterwarnings("ignore")


def chunk_evaluator():
    """ChunkEvaluator itself, from the installed package's file."""
    paddle = types.ModuleType("paddle")
    paddle.metric = types.SimpleNamespace(Metric=object)
    paddle.to_tensor = np.array
    log = types.ModuleType("paddlenlp.utils.log")
    log.logger = logging.getLogger("paddlenlp")
    sys.modules.update({"paddle": paddle, "paddlenlp.utils.log": log})
    folder = importlib.util.find_spec("paddlenlp").submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location("chunk", Path(folder) / "metrics" / "chunk.py")
    module = importlib.util.module_from_spec(spec)
    for name in ("paddlenlp", "paddlenlp.utils"):
        sys.modules.setdefault(name, types.ModuleType(name))
    spec.loader.exec_module(module)
    return module.ChunkEvaluator


class Tensor:
    def __init__(self, rows):
        self.rows = rows

    def numpy(self):
        return self.rows


def by_paddle(evaluator, true, pred, names, type_first):
    """Its precision, recall and F1, and what they are of: found, expected and correct chunks."""
    metric = evaluator(names, suffix=type_first)
    width = max(map(len, true))
    ids = lambda rows: Tensor(np.array([[*map(names.index, row), *[0] * (width - len(row))] for row in rows]))  # noqa: E731
    counts = [int(count[0]) for count in metric.compute([len(row) for row in true], ids(pred), ids(true))]
    metric.update(*counts)
    return {"scores": list(metric.accumulate()), "counts": counts}


def by_conlleval(true, pred):
    """Found, expected and correct chunks, of all types and of each."""
    lines = [line for rows in zip(true, pred, strict=True) for line in [*(f"x {t} {p}" for t, p in zip(*rows, strict=True)), ""]]
    summary = conlleval.evaluate(lines)
    counts = lambda row: [row["stats"][name] for name in ("pred", "gold", "correct")]  # noqa: E731
    slots = sorted(summary["slots"]["chunks"].items())
    return {"all": counts(summary["overall"]["chunks"]), "types": {name: counts(row) for name, row in slots}}


def cases(evaluator):
    for seed in range(40):
        rng = random.Random(300 + seed)
        notation = ["BIO", "BIOES"][seed % 2]
        prefixes = notation.replace("O", "")
        broken = [0, 0.3, 1][seed % 3]
        true = [sequence(rng, prefixes, rng.randint(1, 14), broken) for _ in range(rng.randint(1, 8))]
        pred = [changed(rng, labels, prefixes) if broken < 1 else sequence(rng, prefixes, len(labels), 1) for labels in true]
        names = ["O", *(f"{p}-{t}" for p in prefixes for t in TYPES)]
        case = {"notation": notation, "typeFirst": seed % 4 > 1, "true": true, "pred": pred, "conlleval": by_conlleval(true, pred)}
        if case["typeFirst"]:
            turn = lambda label: label if label == "O" else f"{label[2:]}-{label[0]}"  # noqa: E731
            names = [turn(name) for name in names]
            case["true"], case["pred"] = ([[turn(x) for x in row] for row in rows] for rows in (true, pred))
        yield {**case, "chunkEvaluator": by_paddle(evaluator, case["true"], case["pred"], names, case["typeFirst"])}


if __name__ == "__main__":
    write("metrics-chunks.json", list(cases(chunk_evaluator())))
