import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuestions } from "../../src/data/questions.ts";

const ASKED = [
  { question: "谁？", context: "张三在深圳。", answers: ["张三", "张三。"] },
  { question: "何时？", context: "张三在深圳。", answers: [] },
];

test("questions come in SQuAD's form and in CMRC's own", () => {
  const [context] = ASKED.map(({ context }) => context);
  const qas = [
    { id: "1", question: "谁？", answers: [{ text: "张三", answer_start: 0 }, { text: "张三。" }] },
    { id: "2", question: "何时？", is_impossible: true, answers: [], plausible_answers: [{ text: "深圳" }] },
  ];
  const squad = { version: "2", data: [{ title: "t", paragraphs: [{ context, qas }] }] };
  assert.deepEqual(parseQuestions(`\uFEFF${JSON.stringify(squad)}`, "squad.json"), ASKED);
  const cmrc = [
    {
      context_id: "a",
      context_text: context,
      qas: [
        { query_id: "1", query_text: "谁？", answers: ["张三", "张三。"] },
        { query_id: "2", query_text: "何时？", answers: [] },
      ],
    },
  ];
  assert.deepEqual(parseQuestions(JSON.stringify(cmrc), "cmrc.json"), ASKED);
});

test("what is no such form is refused by its place", () => {
  for (const [content, message] of [
    ["{", /^q\.json: is not JSON: /],
    ["7", /the file must be an object, not 7/],
    ['{"data":{}}', /data must be an array, not an object/],
    ['{"data":[{"paragraphs":[{"qas":[]}]}]}', /data\[0\]\.paragraphs\[0\]\.context must be a string/],
    ['[{"context":"a","qas":[{"answers":[]}]}]', /\[0\]\.qas\[0\]\.question must be a string/],
    [
      '[{"context":"a","qas":[{"question":"b","answers":[{"text":7}]}]}]',
      /answers\[0\] must be a string, not 7/,
    ],
    ['{"data":[]}', /holds no question/],
  ] as const) {
    assert.throws(() => parseQuestions(content, "q.json"), { name: "DataError", message });
  }
});
