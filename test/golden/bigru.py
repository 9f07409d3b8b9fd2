"""Writes test/fixtures/bigru: a torch tagger of bidirectional GRUs and a CRF, as a directory to convert, and its outputs.

    pip install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0
    python test/golden/bigru.py test/fixtures/bigru

The weights are random. `expected.safetensors` has ids [sequences, tokens] with their lengths, the logits that the module
gives, and each sequence's best path, found by going through all paths.
"""

import itertools
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

LETTERS = "abcdefghij"
VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]
LABELS = ["O", "B-X", "I-X"]
TEXTS = ["abcdefg", "j", "hgaad"]
GRU = {"hidden_size": 5, "num_layers": 2}


class BiGruCrf(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = torch.nn.ModuleDict({"word_embeddings": torch.nn.Embedding(len(VOCAB), 6)})
        self.gru = torch.nn.GRU(6, **GRU, batch_first=True, bidirectional=True)
        self.classifier = torch.nn.Linear(2 * GRU["hidden_size"], len(LABELS))
        self.crf = torch.nn.ParameterDict(
            {
                "start_transitions": torch.randn(len(LABELS)),
                "transitions": torch.randn(len(LABELS), len(LABELS)),
                "end_transitions": torch.randn(len(LABELS)),
            }
        )

    def forward(self, input_ids, lengths):
        x = self.embeddings["word_embeddings"](input_ids)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return self.classifier(pad_packed_sequence(self.gru(packed)[0], batch_first=True)[0])

    def best_path(self, emissions):
        def score(path):
            steps = sum(emissions[t, label] for t, label in enumerate(path))
            turns = sum(self.crf["transitions"][pair] for pair in itertools.pairwise(path))
            return steps + turns + self.crf["start_transitions"][path[0]] + self.crf["end_transitions"][path[-1]]

        return list(max(itertools.product(range(len(LABELS)), repeat=len(emissions)), key=score))


def main(folder):
    torch.manual_seed(3)
    model = BiGruCrf().eval()
    for parameter in model.parameters():
        parameter.data *= 1.5
    rows = [[2, *(VOCAB.index(letter) for letter in text), 3] for text in TEXTS]
    lengths = torch.tensor([len(row) for row in rows])
    input_ids = torch.tensor([row + [0] * (int(lengths.max()) - len(row)) for row in rows])
    with torch.no_grad():
        logits = model(input_ids, lengths)
        # The CRF runs over all tokens but [CLS] and [SEP].
        paths = [model.best_path(logits[i, 1 : n - 1]) for i, n in enumerate(lengths)]
    labels = torch.full_like(input_ids, -100)
    for row, path in zip(labels, paths):
        row[1 : len(path) + 1] = torch.tensor(path)

    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    save_file(
        {"input_ids": input_ids, "lengths": lengths, "logits": logits, "labels": labels},
        folder / "expected.safetensors",
    )
    config = {
        "model_type": "bigru",
        "vocab_size": len(VOCAB),
        "embedding_size": 6,
        "max_position_embeddings": 32,
        "gru": GRU,
        "id2label": dict(enumerate(LABELS)),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "vocab.txt").write_text("\n".join(VOCAB) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"characters": True}) + "\n")
    (folder / "texts.json").write_text(json.dumps(TEXTS) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
