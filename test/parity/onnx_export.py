"""Holds `electra-edge export --format onnx` against torch.onnx and onnxruntime's quantize_dynamic.

    pip install torch onnx onnxscript onnxruntime
    npm ci && npm ci --ignore-scripts --prefix bench/peers && npm run build:kernels
    python test/parity/onnx_export.py [MODEL ...]

For each model file of a token classifier in f32 or f16 (default: the waybill fixture and an ELECTRA-small of
random weights), a plain torch module of the same weights is exported by torch.onnx, by both of its exporters, and each
export is quantized to QInt8 and QUInt8, per tensor and per channel. Then

- fp32: our outputs equal torch's and those of its exports, in onnxruntime;
- int8: our outputs equal those of quantize_dynamic(QInt8, per_channel=True) on the traced export;
- onnxruntime-web takes no more than 3 % longer on ours than on the fastest of theirs.

Fails where any of that does not hold.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

ROOT = Path(__file__).parent.parent.parent
WAYBILL = ROOT / "test" / "fixtures" / "waybill-made-up" / "model.safetensors"
NODE = ROOT / "node_modules" / ".bin" / "node"
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
TOKENS = [16, 128]
SECONDS = 15
ALLOWED_SLOWDOWN = 1.03
ALLOWED_ERROR = {"fp32": 1e-5, "int8": 1e-6}
TAKES = 3
DTYPES = {"F32": np.float32, "F16": np.float16}


def read_model(path):
    """Config, labels and tensors of a model file in f32 or f16."""
    data = Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[start + begin : start + end], DTYPES[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).astype(np.float32))
    return json.loads(metadata["config"]), json.loads(metadata["labels"]), tensors


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, wide = config["hidden_size"], config["intermediate_size"]
        epsilon = config["layer_norm_eps"]
        self.heads = config["num_attention_heads"]
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.attention_output = nn.Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=epsilon)
        self.intermediate = nn.Linear(hidden, wide)
        self.output = nn.Linear(wide, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=epsilon)

    def by_head(self, x):
        batch, tokens, hidden = x.shape
        return x.view(batch, tokens, self.heads, hidden // self.heads).permute(0, 2, 1, 3)

    def forward(self, x, bias):
        query, key = self.by_head(self.query(x)), self.by_head(self.key(x))
        scores = torch.matmul(query, key.transpose(-1, -2)) / query.shape[-1] ** 0.5
        context = torch.matmul(torch.softmax(scores + bias, dim=-1), self.by_head(self.value(x)))
        context = context.permute(0, 2, 1, 3).contiguous().view(x.shape)
        x = self.attention_norm(self.attention_output(context) + x)
        return self.output_norm(self.output(nn.functional.gelu(self.intermediate(x))) + x)


class Electra(nn.Module):
    """ELECTRA for token classification, as plainly as torch has it."""

    def __init__(self, config, labels):
        super().__init__()
        embedding, hidden = config["embedding_size"], config["hidden_size"]
        self.words = nn.Embedding(config["vocab_size"], embedding)
        self.positions = nn.Embedding(config["max_position_embeddings"], embedding)
        self.types = nn.Embedding(config["type_vocab_size"], embedding)
        self.norm = nn.LayerNorm(embedding, eps=config["layer_norm_eps"])
        self.project = nn.Linear(embedding, hidden) if embedding != hidden else nn.Identity()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))
        self.classifier = nn.Linear(hidden, len(labels))
        self.register_buffer("position_ids", torch.arange(config["max_position_embeddings"])[None])

    def forward(self, input_ids, attention_mask, token_type_ids):
        positions = self.positions(self.position_ids[:, : input_ids.shape[1]])
        x = self.project(self.norm(self.words(input_ids) + self.types(token_type_ids) + positions))
        bias = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
        for layer in self.layers:
            x = layer(x, bias)
        return self.classifier(x)


# Hugging Face's names for the module's own.
LAYER_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention_output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
    "output_norm": "output.LayerNorm",
}
NAMES = {
    "words": "electra.embeddings.word_embeddings",
    "positions": "electra.embeddings.position_embeddings",
    "types": "electra.embeddings.token_type_embeddings",
    "norm": "electra.embeddings.LayerNorm",
    "project": "electra.embeddings_project",
    "classifier": "classifier",
}


def checkpoint_name(parameter):
    *path, kind = parameter.split(".")
    if path[0] != "layers":
        return f"{NAMES[path[0]]}.{kind}"
    return f"electra.encoder.layer.{path[1]}.{LAYER_NAMES[path[2]]}.{kind}"


def load(path):
    config, labels, tensors = read_model(path)
    model = Electra(config, labels).eval()
    state = {name: tensors[checkpoint_name(name)] for name, _ in model.named_parameters()}
    model.load_state_dict(state, strict=False)
    return config, model


def export_with_torch(model, folder):
    """The files of torch's own exporters: the one that traces, and the one that captures the program."""
    ids = torch.ones(2, 16, dtype=torch.long)
    inputs = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    axes = {name: {0: "batch", 1: "tokens"} for name in [*INPUTS, "logits"]}
    traced, captured = folder / "torch-traced.onnx", folder / "torch-captured.onnx"
    names = {"input_names": INPUTS, "output_names": ["logits"]}
    torch.onnx.export(model, inputs, str(traced), **names, dynamic_axes=axes, opset_version=17, dynamo=False)
    dimensions = {0: torch.export.Dim("batch", max=64), 1: torch.export.Dim("tokens", max=512)}
    shapes = {name: dimensions for name in INPUTS}
    torch.onnx.export(
        model, inputs, str(captured), **names, dynamic_shapes=shapes, dynamo=True, external_data=False, verbose=False
    )
    return [traced, captured]


def export_with_ours(path, folder, dtype):
    out = folder / f"ours-{dtype}.onnx"
    main = ROOT / "src" / "cli" / "main.ts"
    command = [NODE, main, "export", path, "--format", "onnx", "--dtype", dtype, "-o", out]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return out


def quantize(path):
    files = []
    for weight_type in ("QInt8", "QUInt8"):
        for per_channel in (False, True):
            out = path.with_name(f"{path.stem}-{weight_type}{'-per-channel' if per_channel else ''}.onnx")
            quantize_dynamic(path, out, weight_type=getattr(QuantType, weight_type), per_channel=per_channel)
            files.append(out)
    return files


def run(path, inputs):
    """As the graph is written: fusing shifts last bits, and int8 rounds these to whole steps."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(["logits"], inputs)[0]


def relative_error(actual, expected):
    return float(np.linalg.norm(actual - expected) / np.linalg.norm(expected))


def batch(config):
    """Two texts, the second one padded, with both token types."""
    generator = np.random.default_rng(7)
    ids = generator.integers(0, config["vocab_size"], (2, 24))
    mask = np.ones_like(ids)
    mask[1, 15:] = 0
    types = np.zeros_like(ids)
    types[:, 9:] = 1
    return dict(zip(INPUTS, (ids, mask, types)))


def time_in_onnxruntime_web(tokens, files):
    script = ROOT / "bench" / "peers" / "compare-onnx.ts"
    command = [NODE, script, tokens, SECONDS, *files]
    return json.loads(subprocess.check_output([str(part) for part in command]))


def slowdown_in_onnxruntime_web(tokens, ours, theirs):
    """
    Our time over that of the fastest of theirs, timed again by themselves: the least of many noisy ratios would be too
    little. A busy machine makes differences but takes none away, so the best of some takes counts.
    """
    ratios = {result["file"]: result["ratio"] for result in time_in_onnxruntime_web(tokens, [ours, *theirs])[1:]}
    fastest = min(ratios, key=ratios.get)
    slowdown = float("inf")
    for _ in range(TAKES):
        slowdown = min(slowdown, time_in_onnxruntime_web(tokens, [fastest, ours])[1]["ratio"])
        if slowdown <= ALLOWED_SLOWDOWN:
            break
    return slowdown, Path(fastest).stem


def check(path, folder):
    failures = []

    def hold(what, value, limit):
        verdict = "ok" if value <= limit else "FAILED"
        print(f"  {what}: {value:.3g} (at most {limit:.3g}) {verdict}")
        if verdict != "ok":
            failures.append(f"{path}: {what}")

    config, model = load(path)
    inputs = batch(config)
    real = inputs["attention_mask"].astype(bool)
    with torch.no_grad():
        expected = model(*(torch.from_numpy(inputs[name]) for name in INPUTS)).numpy()[real]

    ours = {dtype: export_with_ours(path, folder, dtype) for dtype in ("fp32", "int8")}
    exports = export_with_torch(model, folder)
    theirs = {"fp32": exports, "int8": [file for export in exports for file in quantize(export)]}

    exact = run(ours["fp32"], inputs)[real]
    hold("fp32, relative error to torch", relative_error(exact, expected), ALLOWED_ERROR["fp32"])
    for file in theirs["fp32"]:
        error = relative_error(exact, run(file, inputs)[real])
        hold(f"fp32, relative error to {file.stem}", error, ALLOWED_ERROR["fp32"])
    quantized = run(ours["int8"], inputs)[real]
    for file in theirs["int8"]:
        error = relative_error(quantized, run(file, inputs)[real])
        # The captured graph adds in another order, and the other forms quantize otherwise: near is all they can be.
        same = file.stem.endswith("QInt8-per-channel")
        limit = 0.1 if not same else ALLOWED_ERROR["int8"] if "traced" in file.stem else 1e-3
        hold(f"int8, relative error to {file.stem}", error, limit)

    for dtype in ("fp32", "int8"):
        for tokens in TOKENS:
            slowdown, name = slowdown_in_onnxruntime_web(tokens, ours[dtype], theirs[dtype])
            hold(f"{dtype}, {tokens} tokens in onnxruntime-web, time over {name}", slowdown, ALLOWED_SLOWDOWN)
    return failures


def random_small():
    """An ELECTRA-small of random weights, as the bench makes it."""
    script = (
        "const { makeModel } = await import('./bench/peers/models.ts');"
        "console.log((await makeModel('small')).f32)"
    )
    command = [str(NODE), "--input-type=module", "--eval", script]
    return subprocess.check_output(command, cwd=ROOT, text=True).strip()


def main():
    torch.manual_seed(0)
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        paths = sys.argv[1:] or [WAYBILL, random_small()]
        for number, path in enumerate(paths):
            print(os.path.basename(path))
            part = Path(folder) / str(number)
            part.mkdir()
            failures += check(path, part)
    if failures:
        sys.exit("\n".join(failures))


main()
