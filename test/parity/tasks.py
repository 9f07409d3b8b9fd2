"""What Hugging Face's transformers makes of the checkpoints under test/fixtures/heads, and one checkpoint more.

Writes test/fixtures/tasks.json, the results of its pipelines, and test/fixtures/heads/multiple-choice, a random
checkpoint of ElectraForMultipleChoice with what it computes, in the form that the other heads have. Rerun by

    python test/parity/tasks.py

with torch and transformers. Seeded: it writes the same bytes each time, but for the last digits that a processor gives.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForPreTraining,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    ElectraConfig,
    ElectraForMultipleChoice,
    pipeline,
)

FIXTURES = Path(__file__).parent.parent / "fixtures"
HEADS = FIXTURES / "heads"

# Of words that the checkpoints' small vocabulary has, and one that it lacks.
TEXT = "x + y = 3 、 あ い 、 hello ★!"
PAIR = "★ 7 か ♪"
MASKED = "あ い [MASK] え お 、 3 + 4 = 7"
MASKED_TWICE = "[MASK] い う [MASK]、★"


def rounded(value):
    """Numbers as float32 has them."""
    if isinstance(value, torch.Tensor):
        return rounded(value.tolist())
    if isinstance(value, (list, tuple)):
        return [rounded(each) for each in value]
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return float(f"{value:.8g}") if isinstance(value, float) else value


def text_classification():
    folder = HEADS / "sequence-classification"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")
    results = {
        "text": classify(TEXT, top_k=None),
        "pair": classify({"text": TEXT, "text_pair": PAIR}, top_k=None),
        "best": classify([TEXT, PAIR]),
        "sigmoid": classify(TEXT, top_k=2, function_to_apply="sigmoid"),
        "none": classify(TEXT, top_k=None, function_to_apply="none"),
    }
    model.config.problem_type = "multi_label_classification"
    results["multi_label"] = classify(TEXT, top_k=None)
    model.config.problem_type = "regression"
    results["regression"] = classify(TEXT, top_k=None)
    return results


def fill_mask():
    folder = HEADS / "masked-lm"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    fill = pipeline(
        "fill-mask", model=AutoModelForMaskedLM.from_pretrained(folder), tokenizer=tokenizer, device="cpu"
    )

    def brief(result):
        if isinstance(result, list):
            return [brief(each) for each in result]
        return {key: result[key] for key in ("score", "token", "token_str")}

    return {
        "one": brief(fill(MASKED)),
        "two": brief(fill(MASKED_TWICE, top_k=3)),
        "targets": brief(fill(MASKED, targets=["う", "3", "ω"])),
    }


def replaced_tokens():
    folder = HEADS / "pretraining"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForPreTraining.from_pretrained(folder)
    encoding = tokenizer(TEXT, return_tensors="pt", return_offsets_mapping=True)
    offsets = encoding.pop("offset_mapping")[0].tolist()
    scores = torch.sigmoid(model(**encoding).logits[0]).tolist()
    return [[index, *offsets[index], scores[index]] for index in range(1, len(scores) - 1)]


def features():
    folder = HEADS / "token-classification"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager")
    output = model(**tokenizer(PAIR, return_tensors="pt"), output_attentions=True, output_hidden_states=True)
    return {
        "last_hidden_state": output.last_hidden_state,
        "hidden_states": output.hidden_states,
        "attentions": output.attentions,
    }


def multiple_choice():
    like = HEADS / "sequence-classification"
    folder = HEADS / "multiple-choice"
    folder.mkdir(exist_ok=True)
    torch.manual_seed(7)
    config = ElectraConfig.from_pretrained(like)
    config.id2label = {0: "LABEL_0", 1: "LABEL_1"}
    model = ElectraForMultipleChoice(config).eval()
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, mean=1.0 if "LayerNorm.weight" in name else 0.0, std=0.3)
    # A choice has one score: away from 0, so that an error relative to it says something.
    torch.nn.init.constant_(model.classifier.bias, 9.0)
    model.save_pretrained(folder)
    # Only what the library reads: the rest changes with each release of transformers.
    kept = json.loads((like / "config.json").read_text())
    del kept["id2label"], kept["label2id"]
    kept["architectures"] = ["ElectraForMultipleChoice"]
    (folder / "config.json").write_text(json.dumps(kept, indent=1))
    (folder / "generation_config.json").unlink(missing_ok=True)
    shutil.copy(like / "vocab.txt", folder / "vocab.txt")
    expected = {}
    for case, (questions, choices, width) in enumerate([(1, 2, 12), (2, 3, 9), (1, 4, 31), (3, 2, 17)]):
        rows = questions * choices
        lengths = torch.randint(4, width + 1, (rows, 1))
        lengths[0] = width
        places = torch.arange(width).expand(rows, width)
        mask = (places < lengths).long()
        ids = torch.randint(106, 600, (rows, width)) * mask
        types = (places >= lengths // 2).long() * mask
        shaped = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        inputs = {key: value.view(questions, choices, width) for key, value in shaped.items()}
        with torch.no_grad():
            expected[f"{case}.logits"] = model(**inputs).logits.reshape(rows, 1).contiguous()
            expected[f"{case}.last_hidden_state"] = model.electra(**shaped).last_hidden_state.contiguous()
        expected.update({f"{case}.{key}": value.contiguous() for key, value in shaped.items()})
    save_file(expected, folder / "expected.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)


if __name__ == "__main__":
    multiple_choice()
    torch.set_grad_enabled(False)
    golden = {
        "texts": {"text": TEXT, "pair": PAIR, "masked": MASKED, "masked_twice": MASKED_TWICE},
        "text-classification": text_classification(),
        "fill-mask": fill_mask(),
        "replaced-token-detection": replaced_tokens(),
        "feature-extraction": features(),
    }
    (FIXTURES / "tasks.json").write_text(json.dumps(rounded(golden), ensure_ascii=False) + "\n")
