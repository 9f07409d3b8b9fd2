"""Writes what seqeval and scikit-learn answer, for test/metrics to hold src/metrics against.

    python -m venv env && env/bin/pip install seqeval==1.2.2
    env/bin/python test/parity/seqeval_golden.py    # rewrites test/fixtures/metrics-*.json
"""

import json
import random
import warnings
from pathlib import Path

from seqeval.metrics import classification_report
from seqeval.scheme import IOB2, IOBES
from sklearn import metrics

warnings.filterwarnings("ignore")
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SCHEMES = {"BIO": (IOB2, "BI"), "BIOES": (IOBES, "BIES")}
TYPES = ["PER", "LOC", "ORG-X"]


def figures(row):
    return [float(row[name]) for name in ("precision", "recall", "f1-score")] + [int(row["support"])]


def sequence(rng, prefixes, length, broken):
    """Labels of whole entities, or of whatever comes, which the scheme then doesn't allow."""
    labels = []
    while len(labels) < length:
        kind = rng.choice(TYPES)
        if rng.random() < broken:
            labels.append(rng.choice(["O", *(f"{p}-{rng.choice(TYPES)}" for p in prefixes)]))
        elif rng.random() < 0.5:
            labels.append("O")
        else:
            inside = rng.randint(0, 3)
            if prefixes == "BI":
                labels += [f"B-{kind}", *[f"I-{kind}"] * inside]
            else:
                labels += [f"B-{kind}", *[f"I-{kind}"] * inside, f"E-{kind}"] if inside else [f"S-{kind}"]
    return labels[:length]


def changed(rng, labels, prefixes):
    """What a model that is often wrong makes of labels."""
    return [rng.choice(["O", *(f"{p}-{t}" for p in prefixes for t in TYPES)]) if rng.random() < 0.2 else x for x in labels]


def entities():
    cases = []
    for seed in range(24):
        rng = random.Random(seed)
        notation = rng.choice(list(SCHEMES))
        scheme, prefixes = SCHEMES[notation]
        broken = rng.choice([0, 0.3, 1])
        true = [sequence(rng, prefixes, rng.randint(1, 14), broken) for _ in range(rng.randint(1, 8))]
        pred = [changed(rng, labels, prefixes) if broken < 1 else sequence(rng, prefixes, len(labels), 1) for labels in true]
        reports = {}
        for mode, options in (("default", {}), ("strict", {"mode": "strict", "scheme": scheme})):
            report = classification_report(true, pred, output_dict=True, zero_division=0, **options)
            reports[mode] = {
                name: figures(row) for name, row in report.items() if not name.endswith(" avg") or name == "micro avg"
            }
        cases.append({"notation": notation, "true": true, "pred": pred, **reports})
    return cases


def classes():
    cases = []
    for seed in range(16):
        rng = random.Random(100 + seed)
        names = [f"c{i}" for i in range(rng.randint(1, 5))]
        true = [rng.choice(names) for _ in range(rng.randint(1, 40))]
        pred = [rng.choice(names) if rng.random() < 0.4 else x for x in true]
        report = metrics.classification_report(true, pred, output_dict=True, zero_division=0)
        cases.append(
            {
                "true": true,
                "pred": pred,
                "accuracy": float(metrics.accuracy_score(true, pred)),
                "matthews": float(metrics.matthews_corrcoef(true, pred)),
                "macro": figures(report["macro avg"]),
                "weighted": figures(report["weighted avg"]),
                "micro": [float(x) for x in metrics.precision_recall_fscore_support(true, pred, average="micro")[:3]],
                "classes": {name: figures(report[name]) for name in sorted({*true, *pred})},
            }
        )
    return cases


def label_sets():
    cases = []
    for seed in range(16):
        rng = random.Random(200 + seed)
        names = [f"c{i}" for i in range(rng.randint(2, 5))]
        size = rng.randint(2, 30)
        true = [[int(rng.random() < 0.4) for _ in names] for _ in range(size)]
        pred = [[x if rng.random() < 0.7 else 1 - x for x in row] for row in true]
        report = metrics.classification_report(true, pred, output_dict=True, zero_division=0, target_names=names)
        chosen = lambda rows: [[name for name, on in zip(names, row, strict=True) if on] for row in rows]  # noqa: E731
        cases.append(
            {
                "names": names,
                "true": chosen(true),
                "pred": chosen(pred),
                "accuracy": float(metrics.accuracy_score(true, pred)),
                **{name: figures(report[f"{name} avg"]) for name in ("micro", "macro", "weighted")},
                "classes": {name: figures(report[name]) for name in names},
            }
        )
    return cases


def write(name, value):
    (FIXTURES / name).write_text(json.dumps(value, separators=(",", ":")) + "\n", encoding="ascii")


if __name__ == "__main__":
    write("metrics-entities.json", entities())
    write("metrics-classes.json", {"single": classes(), "multi": label_sets()})
