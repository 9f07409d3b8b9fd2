"""Scores made-up answers as SQuAD 1.1/2.0 and CMRC 2018 do, by a program of its own, for test/metrics/answer-scores.test.ts.

    python test/parity/answer_golden.py    # rewrites test/fixtures/metrics-answers.json
"""

import collections
import difflib
import json
import re
import string
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "metrics-answers.json"

SQUAD = [
    (["the Amazon rainforest"], "Amazon rainforest"),
    (["1,000 km", "a thousand kilometres"], "1000 km"),
    (["Denver Broncos"], "The Denver Broncos!"),
    (["to be or not to be"], "be to to"),
    (["An apple a day"], "apple day day"),
    ([""], ""),
    ([], ""),
    ([], "Paris"),
    (["Paris"], ""),
    (["the"], "a"),
    (["U.S."], "us"),
    (["naive theory", "theory"], "Theory"),
    (["北京"], "北京"),
    (["caf\u00e9 the\u00f3"], "caf\u00e9"),
    (["x-ray"], "x ray"),
]
CMRC = [
    (["北京市"], "北京市"),
    (["北京市。"], "“北京市”"),
    (["中国广东省深圳市"], "广东省"),
    (["广东省深圳"], "深圳广东省"),
    (["1995年"], "1995年9月"),
    (["Windows 10系统"], "windows 10"),
    (["约3.5%的人", "百分之三点五"], "3.5%"),
    (["《红楼梦》"], "红楼梦"),
    (["甲……乙"], "甲乙"),
    (["2-3天"], "23天"),
    (["没有"], "完全不同的"),
    (["ABC公司, DEF公司"], "def公司"),
    (["他说：“好”，然后走了"], "他说好然后"),
    (["12:30分"], "1230分"),
    (["一二三四五"], "一二五三四"),
    (["5,000元"], "5,000元整"),
]


def squad_tokens(answer):
    kept = "".join(c for c in answer.lower() if c not in string.punctuation)
    return [w for w in re.sub(r"\b(?:a|an|the)\b", " ", kept).split()]


def squad(expected, answer):
    right, given = squad_tokens(expected), squad_tokens(answer)
    if not right or not given:
        return float(right == given), float(right == given)
    same = sum((collections.Counter(right) & collections.Counter(given)).values())
    return float(right == given), 0.0 if same == 0 else 2 * same / (len(right) + len(given))


MARKS = "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』"


def cmrc_segments(answer):
    kept = "".join(c for c in answer.lower().strip() if c not in MARKS)
    return re.findall(r"[\u4e00-\u9fa5]|[0-9]+(?:[.,][0-9]+)*|[^\W\u4e00-\u9fa5]+|[^\s\w]", kept)


def cmrc(expected, answer):
    right, given = cmrc_segments(expected), cmrc_segments(answer)
    strip = lambda text: "".join(c for c in text.lower().strip() if c not in MARKS)  # noqa: E731
    longest = difflib.SequenceMatcher(None, right, given, autojunk=False).find_longest_match().size
    return float(strip(expected) == strip(answer)), 0.0 if longest == 0 else 2 * longest / (len(right) + len(given))


def scored(cases, metric):
    rows = []
    for expected, answer in cases:
        each = [metric(one, answer) for one in (expected or [""])]
        rows.append([expected, answer, max(em for em, _ in each), max(f1 for _, f1 in each)])
    return rows


OUT.write_text(json.dumps({"squad": scored(SQUAD, squad), "cmrc": scored(CMRC, cmrc)}, indent=1) + "\n", encoding="ascii")
