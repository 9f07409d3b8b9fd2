import type { Confusion } from "../metrics/entity-confusion.ts";
import type { Scores } from "../metrics/entity-scores.ts";
import type { Judgement } from "./judgement.ts";
import { colorAttributes } from "./marked-text.ts";
import { formatCount } from "./numbers.ts";
import { type Report, type Wording, wordingOf } from "./report.ts";
import { type Cell, htmlTable, safe } from "./table.ts";

/** A type or label in its colour. */
export const typeBadge = (type: string, types: readonly string[]): string =>
  `<span ${colorAttributes(types.indexOf(type), "type")}>${safe(type)}</span>`;

const share = (value: number): Cell => ({
  html: `<span class="track" style="--share: ${(100 * value).toFixed(1)}%"></span>${value.toFixed(4)}`,
  attributes: 'class="number"',
});

/** Precision, recall and F1 for each type. */
export function typeTable(judgement: Judgement, { task, types }: Report): string {
  const row = (name: Cell, { precision, recall, f1, support }: Scores): Cell[] => [
    name,
    share(precision),
    share(recall),
    share(f1),
    formatCount(support),
  ];
  const { scores } = judgement;
  return htmlTable({
    caption: `Scores by ${wordingOf(task).type}`,
    head: [wordingOf(task).type, "precision", "recall", "F1", "support"],
    rows: [
      ...Object.entries(scores.types).map(([type, own]) => row({ html: typeBadge(type, types) }, own)),
      row({ html: "<strong>all</strong>" }, scores),
    ],
  });
}

/** A matrix of more rows than this can't be read; its most frequent confusions can. */
const MOST_TYPES = 20;
const MOST_PAIRS = 30;

/** What was taken for what. */
export function confusionSection(judgement: Judgement, report: Report): string {
  const { confusion } = judgement;
  const words = wordingOf(report.task);
  const pairs = confusedPairs(confusion, report, words);
  if (confusion.types.length > MOST_TYPES) {
    return `<p class="note">With ${confusion.types.length} ${words.type}s the whole matrix would be too large to read; these are its most frequent confusions.</p>${pairs}`;
  }
  return matrix(confusion, report, words) + definition(report.task);
}

function definition(task: Report["task"]): string {
  if (task === "classes") {
    return `<p class="note">Rows: the label that the data gives. Columns: the label that the model found. The stronger the colour, the larger the part of its row.</p>`;
  }
  return `<p class="note">Rows: the type that the data marks. Columns: what the model made of it. The stronger the colour, the larger the part of its row. Each marked entity counts once, and so each row adds up to its support:</p>
<ul class="note">
<li>found as its own type, on the diagonal: start, end and type are right;</li>
<li><b>boundary</b>: the right type was found in an overlapping place, but start or end is wrong;</li>
<li>found as another type: in a place that overlaps, with the same ends or not;</li>
<li><b>missed</b>: nothing that was found is left to pair it with.</li>
<li>The last row, <b>spurious</b>, counts what was found where no marked entity is left to pair it with.</li>
</ul>`;
}

function matrix({ types, rows }: Confusion, report: Report, words: Wording): string {
  const entities = report.task === "entities";
  const count = (value: number, whole: number, right: boolean): Cell => ({
    html: value === 0 ? '<span class="quiet">·</span>' : formatCount(value),
    attributes: `class="number cell${right ? " right" : ""}" style="--part: ${whole === 0 ? 0 : Math.round((100 * value) / whole)}%"`,
  });
  const badge = (type: string): Cell => ({ html: typeBadge(type, report.types) });
  const body = types.map((type, index) => {
    const { found, boundary, missed } = rows[index]!;
    const support = found.reduce((sum, value) => sum + value, 0) + boundary + missed;
    return [
      badge(type),
      ...found.map((value, column) => count(value, support, column === index)),
      ...(entities ? [count(boundary, support, false), count(missed, support, false)] : []),
      formatCount(support),
    ];
  });
  const spurious = rows.reduce((sum, row) => sum + row.spurious, 0);
  const last = [
    "spurious",
    ...rows.map((row) => count(row.spurious, spurious, false)),
    ...(entities ? ["", ""] : []),
    formatCount(spurious),
  ];
  return htmlTable({
    caption: `Confusion matrix: expected ${words.type}s by row, found ones by column`,
    head: [
      "expected",
      ...types.map((type): Cell => ({ html: safe(type), attributes: 'scope="col" class="number"' })),
      ...(entities ? ["boundary", "missed"] : []),
      entities ? "all" : "support",
    ],
    rows: entities ? [...body, last] : body,
  });
}

function confusedPairs({ types, rows }: Confusion, report: Report, words: Wording): string {
  const pairs = types.flatMap((expected, i) => {
    const { found, boundary, missed, spurious } = rows[i]!;
    return [
      ...types.map((type, j) => ({ expected, found: type, count: i === j ? 0 : found[j]! })),
      { expected, found: "boundary", count: boundary },
      { expected, found: "missed", count: missed },
      { expected: "spurious", found: expected, count: spurious },
    ];
  });
  const most = pairs
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_PAIRS);
  const badge = (name: string): Cell =>
    report.types.includes(name) ? { html: typeBadge(name, report.types) } : name;
  return htmlTable({
    caption: "Most frequent confusions",
    head: [`expected ${words.type}`, "found", "count"],
    rows: most.map(({ expected, found, count }) => [badge(expected), badge(found), formatCount(count)]),
    words: 2,
  });
}
