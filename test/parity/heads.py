"""Holds every head of ELECTRA, and the families that share its encoder, against transformers, in both directions.

    pip install torch transformers safetensors
    npm ci && npm run build:kernels
    python test/parity/heads.py [NAME ...]  # of the models below; all of them by default, but for the last three
    python test/parity/heads.py --real      # in ELECTRA-small's and base's shapes
    python test/parity/heads.py --fixtures  # writes test/fixtures/heads-hf

A random model that transformers made is converted; its last hidden state and its scores must be transformers' within
2e-5. It is exported then, transformers loads the directory, and its numbers must be those of the model that it made,
exactly; so must the tensors, once more converted. Word pieces and characters: AutoTokenizer must give our ids and offsets.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from itertools import accumulate
from pathlib import Path

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
warnings.filterwarnings("ignore")

import encoders
import torch
import transformers
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).parent.parent.parent
NODE = ROOT / "node_modules" / ".bin" / "node"
FIXTURES = ROOT / "test" / "fixtures" / "heads-hf"
TOLERANCE = 2e-5

WIDE = {"embedding_size": 10, "hidden_size": 21, "num_attention_heads": 3, "intermediate_size": 35}
HEADS = {
    "electra": ("ElectraModel", WIDE),
    "electra-masked-lm": ("ElectraForMaskedLM", {"embedding_size": 9, "num_hidden_layers": 2}),
    "electra-multiple-choice": ("ElectraForMultipleChoice", {"embedding_size": 12}),
    "electra-pre-training": ("ElectraForPreTraining", {**WIDE, "num_hidden_layers": 2}),
    "electra-question-answering": (
        "ElectraForQuestionAnswering",
        {"embedding_size": 7, "id2label": {0: "start", 1: "end"}},
    ),
    "electra-sequence-classification": ("ElectraForSequenceClassification", {**WIDE, "layer_norm_eps": 1e-3}),
    "electra-token-classification": ("ElectraForTokenClassification", {**WIDE, "num_attention_heads": 1}),
}
LARGE = {"vocab_size": 21128, "max_position_embeddings": 512, "num_hidden_layers": 12}
SMALL = {**LARGE, "embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}
BASE = {**LARGE, "embedding_size": 768, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}
REAL = {
    "electra-small": ("ElectraForTokenClassification", SMALL),
    "electra-small-generator": ("ElectraForMaskedLM", SMALL),
    "electra-base": ("ElectraForSequenceClassification", BASE),
}
TEXTS = ["", "ab Ab  BA.1", "张三 ab\n\tc", "a[SEP]b [MASK]", "\u0130a \u03a3\u0391\u03a3", "\U00020000a\u0301 \u200db"]
CHARACTERS = {"characters": True, "do_lower_case": True}


def utf16(text):
    return [0, *accumulate(2 if ord(character) > 0xFFFF else 1 for character in text)]


def round_trip(directory, out):
    command = [NODE, ROOT / "test" / "parity" / "round-trip.ts", directory, out, *TEXTS]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@torch.no_grad()
def loads_the_same(architecture, directory, exported):
    """Whether transformers gives the same numbers with both, and holds no weight that only one of them had."""
    model_class = getattr(transformers, architecture)
    ours, info = model_class.from_pretrained(exported, output_loading_info=True)
    theirs = model_class.from_pretrained(directory, dtype=torch.float32)
    assert ours.dtype == torch.float32
    missing = {name for name in info["missing_keys"] if "embed_positions" not in name and "pooler" not in name}
    assert not missing, f"missing {missing}"
    unexpected = {name for name in info["unexpected_keys"] if not name.startswith("crf.")}
    assert not unexpected, f"unexpected {unexpected}"
    cases = load_file(directory / "expected.safetensors")
    for number in sorted({name.split(".")[0] for name in cases}):
        names = ("input_ids", "attention_mask", "token_type_ids")
        inputs = {name: cases[f"{number}.{name}"] for name in names}
        if "MultipleChoice" in architecture:
            inputs = {name: value.unsqueeze(1) for name, value in inputs.items()}
        real = inputs["attention_mask"].flatten(0, -2).bool()
        if architecture.startswith(("RoFormer", "Ernie")):
            # A table of sines was rounded when it was saved, or an embedding is part of another now.
            came, wanted = ours(**inputs).logits, cases[f"{number}.logits"]
            came, wanted = (x[real] if x.shape[:2] == real.shape else x for x in (came, wanted))
            assert (came - wanted).norm() <= TOLERANCE * wanted.norm(), f"case {number} differs"
            continue
        for came, wanted in zip(*(m(**inputs, return_dict=True).values() for m in (ours, theirs))):
            by_token = came.shape[:2] == real.shape
            # A pooler that the task has no need of is made anew each time.
            if by_token or architecture.endswith(("Classification", "Choice")):
                same = torch.equal(came[real], wanted[real]) if by_token else torch.equal(came, wanted)
                assert same, f"case {number} differs"


def tokenizes_the_same(exported, encodings):
    tokenizer = transformers.AutoTokenizer.from_pretrained(exported)
    for text, ours in zip(TEXTS, encodings):
        theirs = tokenizer(text, return_offsets_mapping=True)
        assert theirs.input_ids == ours["ids"], f"{text!r}: {theirs.input_ids}, ours {ours['ids']}"
        at = utf16(text)
        offsets = [(at[start], at[end]) for start, end in theirs.offset_mapping][1:-1]
        assert offsets == list(zip(ours["start"], ours["end"]))[1:-1], f"{text!r}: {offsets}"


def check(folder, architecture, out):
    out.mkdir(parents=True)
    try:
        result = round_trip(folder, out)
    except AssertionError as error:
        print(f"  {error}")
        return [f"{folder.name}: conversion"]
    print(f"  relative errors: hidden {result['lastHiddenState']:.2g}, scores {result['scores']:.2g}", flush=True)
    failures = []
    if max(result["lastHiddenState"], result["scores"]) > TOLERANCE:
        failures.append("numbers")
    if not result["same"]:
        failures.append("the way back")
    for what, hold in (
        ("transformers' numbers", lambda: loads_the_same(architecture, folder, out / "exported")),
        ("the tokenizer", lambda: tokenizes_the_same(out / "exported", result["encodings"])),
    ):
        try:
            hold()
        except AssertionError as error:
            print(f"  {what}: {error}")
            failures.append(what)
    return [f"{folder.name}: {failure}" for failure in failures]


def with_characters_and_crf(folder):
    """The same directory as a character tagger with a CRF."""
    (folder / "tokenizer_config.json").write_text(json.dumps(CHARACTERS) + "\n")
    weights = load_file(folder / "model.safetensors")
    labels = weights["classifier.bias"].shape[0]
    shapes = {"start_transitions": (labels,), "transitions": (labels, labels), "end_transitions": (labels,)}
    crf = {f"crf.{name}": torch.rand(shape).to(torch.float16) for name, shape in shapes.items()}
    save_file({**weights, **crf}, folder / "model.safetensors", {"format": "pt"})


def main():
    if "--fixtures" in sys.argv:
        encoders.OUT = FIXTURES
        for seed, (folder, (architecture, fields)) in enumerate(HEADS.items()):
            encoders.write(folder, architecture, fields, seed)
        return
    small = {**HEADS, "electra-characters": HEADS["electra-token-classification"], **encoders.MODELS}
    models = REAL if "--real" in sys.argv else small
    named = [argument for argument in sys.argv[1:] if argument != "--real"]
    if models is REAL:
        encoders.CASES, encoders.SPREAD = [[128, 77], [19]], 0.05
    failures = []
    with tempfile.TemporaryDirectory() as name:
        encoders.OUT = Path(name) / "models"
        for seed, (folder, (architecture, fields)) in enumerate(models.items()):
            if named and folder not in named:
                continue
            print(folder, flush=True)
            encoders.write(folder, architecture, fields, seed)
            if folder == "electra-characters":
                with_characters_and_crf(encoders.OUT / folder)
            failures += check(encoders.OUT / folder, architecture, Path(name) / "out" / folder)
    if failures:
        sys.exit("\n".join(["failed:", *failures]))


main()
