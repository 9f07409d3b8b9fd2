"""Writes test/fixtures/torch: one tiny ELECTRA for token classification in every form that torch.save has.

    pip install torch safetensors
    python test/parity/torch-checkpoints.py

Every form holds the same values, multiples of 1/8 that float16 and bfloat16 represent exactly, so that one
expected.safetensors serves for all.
"""

import json
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(__file__).parent.parent / "fixtures" / "torch"
LABELS = ["O", "B-X", "I-X"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"]
CONFIG = {
    "architectures": ["ElectraForTokenClassification"],
    "model_type": "electra",
    "vocab_size": len(VOCABULARY),
    "embedding_size": 2,
    "hidden_size": 4,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 6,
    "max_position_embeddings": 5,
    "type_vocab_size": 2,
    "id2label": dict(enumerate(LABELS)),
}


def linear(name, outputs, inputs):
    return {f"{name}.weight": [outputs, inputs], f"{name}.bias": [outputs]}


def shapes():
    layer = "electra.encoder.layer.0"
    return {
        "electra.embeddings.word_embeddings.weight": [len(VOCABULARY), 2],
        "electra.embeddings.position_embeddings.weight": [5, 2],
        "electra.embeddings.token_type_embeddings.weight": [2, 2],
        "electra.embeddings.LayerNorm.weight": [2],
        "electra.embeddings.LayerNorm.bias": [2],
        **linear("electra.embeddings_project", 4, 2),
        **linear(f"{layer}.attention.self.query", 4, 4),
        **linear(f"{layer}.attention.self.key", 4, 4),
        **linear(f"{layer}.attention.self.value", 4, 4),
        **linear(f"{layer}.attention.output.dense", 4, 4),
        f"{layer}.attention.output.LayerNorm.weight": [4],
        f"{layer}.attention.output.LayerNorm.bias": [4],
        **linear(f"{layer}.intermediate.dense", 6, 4),
        **linear(f"{layer}.output.dense", 4, 6),
        f"{layer}.output.LayerNorm.weight": [4],
        f"{layer}.output.LayerNorm.bias": [4],
        **linear("classifier", len(LABELS), 4),
        "crf.start_transitions": [len(LABELS)],
        "crf.transitions": [len(LABELS), len(LABELS)],
        "crf.end_transitions": [len(LABELS)],
    }


def transposed(tensor):
    """The same values in column-major order: strides that aren't row-major."""
    return tensor.t().contiguous().t() if tensor.dim() == 2 else tensor


def in_one_storage(tensors):
    """Every tensor a slice of one storage, every second element of it, behind an offset."""
    total = sum(tensor.numel() for tensor in tensors.values())
    storage = torch.full([2 * total + 3], torch.nan)
    sliced, at = OrderedDict(), 3
    for name, tensor in tensors.items():
        end = at + 2 * tensor.numel()
        storage[at:end:2] = tensor.flatten()
        strides = [2 * stride for stride in tensor.stride()]
        sliced[name] = torch.as_strided(storage, tensor.shape, strides, at)
        at = end
    return sliced


def tensorflow_names(name):
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    tensors = OrderedDict(
        (name, torch.randint(-64, 64, shape).float() / 8) for name, shape in shapes().items()
    )
    (OUT / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n")
    (OUT / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    save_file(tensors, OUT / "expected.safetensors")

    # As nn.Module.state_dict() leaves it: an OrderedDict with an attribute, and a buffer that nobody needs.
    state = tensors.copy()
    state._metadata = OrderedDict({"": {"version": 1}})
    state["electra.embeddings.position_ids"] = torch.arange(5)[None]

    def save(name, value, **options):
        torch.save(value, OUT / f"{name}.bin", **options)

    def cast(dtype):
        return {name: tensor.to(dtype) for name, tensor in tensors.items()}

    save("zip", state)
    save("stream", state, _use_new_zipfile_serialization=False)
    save("protocol-4", state, pickle_protocol=4)
    save("half", cast(torch.float16))
    save("half-stream", cast(torch.float16), _use_new_zipfile_serialization=False)
    save("bfloat16", cast(torch.bfloat16))
    save("double", cast(torch.float64))
    save("transposed", {name: transposed(tensor) for name, tensor in tensors.items()})
    save("one-storage", in_one_storage(tensors))
    save("one-storage-stream", in_one_storage(tensors), _use_new_zipfile_serialization=False)
    save("parameters", {f"module.{name}": torch.nn.Parameter(tensor) for name, tensor in tensors.items()})
    save("tensorflow", {tensorflow_names(name): tensor for name, tensor in tensors.items()})


main()
