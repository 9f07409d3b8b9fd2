"""Writes what Hugging Face's Rust tokenizers and seqeval answer, for test/text to hold src/text against.

    python -m venv env && env/bin/pip install tokenizers==0.23.3 seqeval==1.2.2
    env/bin/python test/parity/text_golden.py            # rewrites test/fixtures/text-*.json
    env/bin/python test/parity/text_golden.py --tables   # prints the strings of src/text/unicode.ts
"""

import itertools
import json
import random
import sys
from pathlib import Path

from seqeval.metrics.sequence_labeling import get_entities
from tokenizers import BertWordPieceTokenizer
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

CONFIGS = [
    {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True},
    {"do_lower_case": True, "strip_accents": False, "tokenize_chinese_chars": True},
    {"do_lower_case": False, "strip_accents": None, "tokenize_chinese_chars": True},
    {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False},
]

TEXTS = [
    "", " ", "\t\r\n \u3000\u00a0", "\x00\x01\u200b\ufeff\ufffd", "Hello, World!", "unaffable unaffables",
    "张三18600009172广东省深圳市南山区八马路与东平行路交叉口北40米", "深圳abc路12号-3a栋", "ＡＢＣ１２３，张三（收）",
    "café cafe\u0301 CAFÉ e\u0301\u0323", "naïve ﬁne ﬀ", "İstanbul ıI", "ΑΣ ΣΑΣ οδος", "Straße ẞ", "가나다 한국어 \u1112\u1161\u11ab",
    "\u0301a", "a\u0301", "\u0301", "a\u200db\u200dc", "a\u00adb", "x\u0000y\ufffdz", "👨\u200d👩\u200d👧 ok", "👍🏽a", "🇨🇳中", "a👍b",
    "\ufb1d \u0344 \u037e \u1fef \u212b \u2126", "豈更\ufa6b\U0002f800\U0002f81a", "\U00020000a\U0002a6dfb\U0002b820c\U0002b920d",
    "[MASK] [mask] [MASK", "a[SEP]b[CLS][PAD][UNK]c", "[[MASK]]", "[ MASK ]", "é[MASK]\u0301", "[MASK]中[MASK]",
    "a" * 100, "a" * 101, "👍" * 100 + " " + "👍" * 101, "e\u0301" * 100, "é" * 101, "a\u2028b\u2029c\u0085d\x0be\x0cf", "$a+b=c^d`e|f~g<h>",
    "\u166d\U000111c9\u2e43\u2e5d\u061d", "\u1734a\U0001171eb\u180fc\U0001e944", "\u302e\u302f中\u3099か\u3099が", "ﾊﾟハ\u309aパ",
    "\U000105c9 \U00011938 \U000113c7 \U0001109a \U0001d15e", "\ue000a\U000f0000b", "\u0890a\u08e2b\U000110cdc\U00013430d", "zzz##a ##b",
    "the quick 人 brown's 12,345.67 e-mail@x.org",
]
RANGES = [
    (0x00, 0xFF), (0x20, 0x7E), (0x20, 0x7E), (0x100, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x590, 0x6FF), (0x900, 0x97F), (0xAC00, 0xAC40),
    (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20D0, 0x20F0), (0x3000, 0x303F), (0x3040, 0x30FF), (0x4E00, 0x4E40), (0xE000, 0xE010),
    (0xF900, 0xF910), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xFF00, 0xFF9F), (0xFFF9, 0xFFFD), (0x1D160, 0x1D16A), (0x1F466, 0x1F469), (0x200D, 0x200D),
    (0x1F3FB, 0x1F3FF), (0x20000, 0x20008), (0x2F800, 0x2F810), (0xE0020, 0xE007F), (0x10FFF0, 0x10FFFF), (0x61, 0x66), (0x61, 0x66), (0x20, 0x20),
]


def vocabulary():
    letters = [chr(c) for c in range(0x21, 0x7F)]
    more = list("éÉßẞıσςΣαΑοδ中国人张三深圳市路号豈更が か゚ハ。，（）１ＡｂÅ") + ["豈", "\u0301", "\u0307", "か", "\u3099", "👍", "👨", "👩", "\U00020000", "𠀀", "𠔜"]
    more += [chr(c) for c in (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3), *range(0xAC00, 0xAC08))]
    words = "hello world un aff able the quick brown cafe Caf straße strasse istanbul ab abc bc de fe 18 186 2024".split()
    single = [c for c in dict.fromkeys(letters + more) if not c.isspace()]
    pieces = [f"##{c}" for c in single if c.isalnum() or ord(c) > 0x2FF]
    words += [f"##{w}" for w in "able ffable s ing bc de 00 000 istanbul".split()]
    return list(dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *single, *pieces]))


def texts():
    rng = random.Random(2020)
    for _ in range(160):
        hard = [chr(rng.randint(*rng.choice(RANGES))) for _ in range(rng.randint(1, 14))]
        yield "".join(hard)


def utf16(text):
    """The UTF-16 offset of every code point's start, and of the end."""
    return [0, *itertools.accumulate(2 if ord(c) > 0xFFFF else 1 for c in text)]


def wordpiece():
    vocab = vocabulary()
    all_texts = [*TEXTS, *texts()]
    expected = []
    for config in CONFIGS:
        tokenizer = BertWordPieceTokenizer(
            {token: i for i, token in enumerate(vocab)},
            lowercase=config["do_lower_case"],
            strip_accents=config["strip_accents"],
            handle_chinese_chars=config["tokenize_chinese_chars"],
        )
        rows = []
        for text in all_texts:
            at, encoding = utf16(text), tokenizer.encode(text)
            rows.append(
                [
                    [i, at[start], at[end], -1 if word is None else word]
                    for i, (start, end), word in zip(encoding.ids, encoding.offsets, encoding.word_ids, strict=True)
                ][1:-1]
            )
        expected.append(rows)
    return {"vocab": vocab, "configs": CONFIGS, "texts": all_texts, "expected": expected}


def ranges(members):
    out = []
    for c in members:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def unicode_classes():
    off = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    clean, chinese, accents = (
        BertNormalizer(**{**off, name: True}).normalize_str for name in ("clean_text", "handle_chinese_chars", "strip_accents")
    )
    split = BertPreTokenizer().pre_tokenize_str
    scalars = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    return {
        "control": ranges([c for c in scalars if clean(chr(c)) == ""]),
        "whitespace": ranges([c for c in scalars if clean(chr(c)) == " "]),
        "chinese": ranges([c for c in scalars if chinese(chr(c)) != chr(c)]),
        "punctuation": ranges([c for c in scalars if len(split(f"a{chr(c)}a")) == 3]),
        "mark": ranges([c for c in scalars if accents(chr(c)) == ""]),
    }


def packed(rows):
    """Base 36: the gap since the end of the range before, then the range's length less one."""
    digits, out, last = "0123456789abcdefghijklmnopqrstuvwxyz", [], 0

    def base36(n):
        return (base36(n // 36) if n >= 36 else "") + digits[n % 36]

    for first, end in rows:
        out += [base36(first - last), base36(end - first)]
        last = end
    return ",".join(out)


def seqeval():
    labels = ["O", *(f"{prefix}-{kind}" for prefix in "BIES" for kind in "XY")]
    sequences = [list(s) for n in range(1, 4) for s in itertools.product(labels, repeat=n)]
    return {"labels": labels, "entities": [[[labels.index(x) for x in s], get_entities(s)] for s in sequences]}


def write(name, value):
    (FIXTURES / name).write_text(json.dumps(value, separators=(",", ":")) + "\n", encoding="ascii")


if __name__ == "__main__":
    classes = unicode_classes()
    if "--tables" in sys.argv:
        for name, rows in classes.items():
            print(name, packed(rows))
    else:
        write("text-unicode.json", classes)
        write("text-wordpiece.json", wordpiece())
        write("text-seqeval.json", seqeval())
