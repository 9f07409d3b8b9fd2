"""Holds `electra-edge convert` of ONNX files against the checkpoints that they were exported from.

    pip install torch transformers onnx onnxscript onnxruntime safetensors
    npm ci && npm run build:kernels
    python test/parity/onnx_import.py [NAME ...]   # architectures, small or base; all of them but base by default
    python test/parity/onnx_import.py --fixtures   # writes test/fixtures/onnx

Every head of transformers' ELECTRA with random weights, in an odd shape of 2 layers, and ELECTRA-small's of 12, is
exported by both of torch's exporters, with attention spelt out and as one operator; each export is then stored as
float16, rewritten as other tools leave graphs, and quantized by onnxruntime's quantize_dynamic to QInt8 and QUInt8,
per tensor and per channel. All must convert, and to the tensors of the checkpoint itself: bit for bit, in float16
to the nearest, quantized to half a step of the integers.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
warnings.filterwarnings("ignore")

import numpy as np
import onnx
import torch
import transformers
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16
from safetensors import safe_open

ROOT = Path(__file__).parent.parent.parent
NODE = ROOT / "node_modules" / ".bin" / "node"
FIXTURES = ROOT / "test" / "fixtures" / "onnx"
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"]
OUTPUTS = {
    "ElectraForTokenClassification": ["logits"],
    "ElectraForSequenceClassification": ["logits"],
    "ElectraForQuestionAnswering": ["start_logits", "end_logits"],
    "ElectraForMaskedLM": ["logits"],
    "ElectraForPreTraining": ["logits"],
    "ElectraForMultipleChoice": ["logits"],
    "ElectraModel": ["last_hidden_state"],
}
ODD = {
    "vocab_size": 53,
    "embedding_size": 10,
    "hidden_size": 21,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 35,
    "max_position_embeddings": 40,
}
SMALL = {"vocab_size": 2000}
BASE = {
    "vocab_size": 2000,
    "embedding_size": 768,
    "hidden_size": 768,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}


class OnlyOutputs(torch.nn.Module):
    """A model with the three inputs of a graph, and no options in their way."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        result = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return tuple(result[name] for name in OUTPUTS[type(self.model).__name__])


def random_model(architecture, shape, attention):
    torch.manual_seed(5)
    labels = {} if architecture == "ElectraForQuestionAnswering" else {"num_labels": 3}
    config = transformers.ElectraConfig(**shape, **labels, attn_implementation=attention)
    model = getattr(transformers, architecture)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.2)
    return model


def export(model, path, dynamo, **options):
    architecture = type(model).__name__
    choices = [3] if architecture == "ElectraForMultipleChoice" else []
    ids = torch.ones(2, *choices, 7, dtype=torch.long)
    names = {"input_names": INPUTS, "output_names": OUTPUTS[architecture]}
    axes = {0: "batch", len(choices) + 1: "tokens"}
    dynamic = {"dynamic_shapes": [axes] * 3} if dynamo else {"dynamic_axes": dict.fromkeys(INPUTS, axes)}
    inputs = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    torch.onnx.export(OnlyOutputs(model), inputs, str(path), **names, **dynamic, dynamo=dynamo, verbose=False, **options)
    return path


def rewritten(path, change):
    """A copy of a graph beside it, after `change` has had its way with it."""
    model = onnx.load(path)
    change(model.graph)
    out = path.with_name(f"{path.stem}-{change.__name__}.onnx")
    onnx.save(model, out)
    return out


def replace_input(graph, name, by):
    for node in graph.node:
        for i, used in enumerate(node.input):
            if used == name:
                node.input[i] = by


def weights(graph):
    return [i for i in graph.initializer if len(i.dims) == 2 and i.data_type == onnx.TensorProto.FLOAT]


def transposed(graph):
    """Each matrix as torch has it, behind a Transpose: what an exporter leaves without constant folding."""
    used_by_matmul = {node.input[1] for node in graph.node if node.op_type == "MatMul"}
    nodes = []
    for weight in [weight for weight in weights(graph) if weight.name in used_by_matmul]:
        name = weight.name
        replace_input(graph, name, f"{name}.t")
        weight.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(numpy_helper.to_array(weight).T), name))
        nodes.append(helper.make_node("Transpose", [name], [f"{name}.t"], perm=[1, 0]))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])


def constants(graph):
    """Initializers as Constant nodes, behind an Identity."""
    nodes = []
    for weight in list(graph.initializer):
        replace_input(graph, weight.name, f"{weight.name}.same")
        nodes.append(helper.make_node("Constant", [], [weight.name], value=weight))
        nodes.append(helper.make_node("Identity", [weight.name], [f"{weight.name}.same"]))
    rest = list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.node.extend([*nodes, *rest])


def dequantized(graph):
    """Every matrix in int8 behind a DequantizeLinear, a scale for each column: weights that are quantized alone."""
    nodes = []
    for weight in weights(graph):
        values = numpy_helper.to_array(weight)
        scale = np.maximum(np.abs(values).max(axis=0), 1e-6).astype(np.float32) / 127
        name = weight.name
        replace_input(graph, name, f"{name}.float")
        weight.CopyFrom(numpy_helper.from_array(np.rint(values / scale).astype(np.int8), name))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
        nodes.append(helper.make_node("DequantizeLinear", [name, f"{name}.scale"], [f"{name}.float"], axis=1))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])


def one_matrix(graph):
    """Queries, keys and values out of one product, cut by a Split."""
    by_input = {}
    for node in graph.node:
        if node.op_type == "MatMul" and any(weight.name == node.input[1] for weight in graph.initializer):
            by_input.setdefault(node.input[0], []).append(node)
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    consumers = {name: node for node in graph.node for name in node.input}
    for source, products in by_input.items():
        if len(products) != 3:
            continue
        sums = [consumers[product.output[0]] for product in products]
        biases = [next(name for name in node.input if name in arrays) for node in sums]
        key = sums[0].output[0]
        fused = np.concatenate([arrays[product.input[1]] for product in products], axis=1)
        bias = np.concatenate([arrays[name] for name in biases])
        sizes = np.array([arrays[name].shape[0] for name in biases])
        graph.initializer.extend(
            numpy_helper.from_array(array, f"{key}.{part}")
            for part, array in (("weight", fused), ("bias", bias), ("sizes", sizes))
        )
        at = list(graph.node).index(products[0])
        outputs = [node.output[0] for node in sums]
        for node in [*products, *sums]:
            graph.node.remove(node)
        made = [
            helper.make_node("MatMul", [source, f"{key}.weight"], [f"{key}.product"]),
            helper.make_node("Add", [f"{key}.product", f"{key}.bias"], [f"{key}.sum"]),
            helper.make_node("Split", [f"{key}.sum", f"{key}.sizes"], outputs, axis=-1),
        ]
        for i, node in enumerate(made):
            graph.node.insert(at + i, node)


def forms(model, spelt_out, folder):
    """Every form of a model's graph, with how exact it is."""
    scripted = export(model, folder / "scripted.onnx", False, opset_version=14)
    captured = export(model, folder / "captured.onnx", True, external_data=False)
    yield scripted, "exact"
    yield captured, "exact"
    yield export(model, folder / "unfolded.onnx", False, opset_version=14, do_constant_folding=False), "exact"
    yield export(spelt_out, folder / "eager.onnx", False, opset_version=12), "exact"
    yield export(spelt_out, folder / "eager-captured.onnx", True, external_data=False), "exact"
    (folder / "apart").mkdir()
    yield export(model, folder / "apart" / "external.onnx", True, external_data=True), "exact"
    for graph in (scripted, captured):
        yield rewritten(graph, transposed), "exact"
        yield rewritten(graph, constants), "exact"
        yield rewritten(graph, one_matrix), "exact"
        yield rewritten(graph, dequantized), "int8"
        half = graph.with_name(f"{graph.stem}-half.onnx")
        onnx.save(convert_float_to_float16(onnx.load(graph), keep_io_types=True), half)
        yield half, "half"
        for weight_type in ("QInt8", "QUInt8"):
            for per_channel in (False, True):
                out = graph.with_name(f"{graph.stem}-{weight_type}{'-per-channel' if per_channel else ''}.onnx")
                kind = getattr(QuantType, weight_type)
                quantize_dynamic(graph, out, weight_type=kind, per_channel=per_channel)
                yield out, "int8"


def convert(source, out):
    main = ROOT / "src" / "cli" / "main.ts"
    command = [NODE, main, "convert", source, "-o", out, "--force"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    with safe_open(out, "np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


TIED = "generator_lm_head.weight"
WORDS = "electra.embeddings.word_embeddings.weight"


def compare(actual, expected, exactness):
    """The worst of a model's tensors, in parts of what is allowed."""
    worst = 0.0
    # A tied matrix is stored anew where it was quantized by itself.
    expected = {**expected, **({TIED: expected[WORDS]} if TIED in actual else {})}
    assert actual.keys() == expected.keys(), actual.keys() ^ expected.keys()
    for name, wanted in expected.items():
        came = actual[name].astype(np.float32)
        assert came.shape == wanted.shape, name
        if exactness == "exact" or (exactness == "int8" and wanted.ndim == 1):
            error = 0.0 if np.array_equal(came.view(np.int32), wanted.view(np.int32)) else float("inf")
        elif exactness == "half":
            # onnxruntime's converter keeps values from vanishing.
            error = float(np.abs(came - wanted.astype(np.float16).astype(np.float32)).max()) / 1e-7
        else:
            step = (max(wanted.max(), 0) - min(wanted.min(), 0)) / 127
            error = float(np.abs(came - wanted).max()) / (0.51 * step)
        if error > 1:
            print(f"    {name}: {error:.3g} of what is allowed")
        worst = max(worst, error)
    return worst


def check(architecture, shape, folder):
    model = random_model(architecture, shape, "sdpa")
    spelt_out = random_model(architecture, shape, "eager")
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    expected = convert(folder, folder / "expected.safetensors")
    failures = []
    for path, exactness in forms(model, spelt_out, folder):
        if path.parent != folder:
            for name in ("config.json", "vocab.txt"):
                (path.parent / name).write_text((folder / name).read_text())
        try:
            worst = compare(convert(path, folder / "actual.safetensors"), expected, exactness)
        except (AssertionError, RuntimeError) as error:
            print(f"    {error}")
            worst = float("inf")
        verdict = "ok" if worst <= 1 else "FAILED"
        print(f"  {path.stem}: {exactness}, {worst:.3g} of what is allowed: {verdict}", flush=True)
        if worst > 1:
            failures.append(f"{architecture} {path.stem}")
    return failures


def without_names(path, out):
    """Values called 0, 1, 2 …, and nothing but what a graph needs: exporters' names must not matter."""
    model = onnx.load(path)
    kept = {*INPUTS, *(output.name for output in model.graph.output), ""}
    names = {}

    def renamed(name):
        return name if name in kept else names.setdefault(name, str(len(names)))

    for node in model.graph.node:
        for field in (node.input, node.output):
            field[:] = [renamed(name) for name in field]
        for field in ("name", "doc_string", "metadata_props"):
            node.ClearField(field)
    for initializer in model.graph.initializer:
        initializer.name = renamed(initializer.name)
    for field in ("value_info", "doc_string", "metadata_props"):
        model.graph.ClearField(field)
    model.ClearField("metadata_props")
    for value in [*model.graph.input, *model.graph.output]:
        value.ClearField("metadata_props")
    onnx.save(model, out)


def write_fixtures():
    shape = {**ODD, "vocab_size": 19, "num_hidden_layers": 1, "max_position_embeddings": 16}
    with tempfile.TemporaryDirectory() as name:
        for architecture in ("ElectraForTokenClassification", "ElectraForQuestionAnswering"):
            folder = Path(name) / architecture
            folder.mkdir()
            model = random_model(architecture, shape, "sdpa")
            out = FIXTURES / architecture
            out.mkdir(parents=True, exist_ok=True)
            model.save_pretrained(out)
            (out / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
            config = json.loads((out / "config.json").read_text())
            del config["transformers_version"]
            (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
            scripted = export(model, folder / "scripted.onnx", False, opset_version=14)
            captured = export(model, folder / "captured.onnx", True, external_data=False)
            quantized = folder / "quantized.onnx"
            quantize_dynamic(scripted, quantized, weight_type=QuantType.QUInt8)
            half = folder / "half.onnx"
            onnx.save(convert_float_to_float16(onnx.load(captured), keep_io_types=True), half)
            for path in (scripted, captured, quantized, half):
                without_names(path, out / path.name)


def main():
    if "--fixtures" in sys.argv:
        return write_fixtures()
    runs = {architecture: (architecture, ODD) for architecture in OUTPUTS}
    runs["small"] = ("ElectraForTokenClassification", SMALL)
    runs["base"] = ("ElectraForTokenClassification", BASE)
    failures = []
    with tempfile.TemporaryDirectory() as name:
        for run in sys.argv[1:] or [run for run in runs if run != "base"]:
            architecture, shape = runs[run]
            print(run, flush=True)
            folder = Path(name) / run
            folder.mkdir()
            failures += check(architecture, shape, folder)
    if failures:
        sys.exit("\n".join(["failed:", *failures]))


main()
