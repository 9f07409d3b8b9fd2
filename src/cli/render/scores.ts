import type { DatasetForm } from "../../data/index.ts";
import type { EntityScores, Scores } from "../../metrics/entity-scores.ts";
import { formatCount, formatNumberOf, formatRate, formatSeconds } from "../../report/numbers.ts";
import { printable } from "../../report/printable.ts";
import type { AnswerEvaluation } from "../evaluate-answers.ts";
import type { ClassEvaluation } from "../evaluate-classes.ts";
import type { Style } from "../terminal.ts";
import { renderTable } from "./table.ts";

/** What `evaluate --json` prints. */
export interface Evaluation extends EntityScores {
  /** How many texts. */
  readonly examples: number;
  readonly form: DatasetForm;
  /** Time spent on finding the entities, without loading the model and reading the data. */
  readonly seconds: number;
}

const cells = (name: string, { precision, recall, f1, support }: Scores): string[] => [
  name,
  precision.toFixed(4),
  recall.toFixed(4),
  f1.toFixed(4),
  formatCount(support),
];

/** A row for each type and one for all entities together, and how fast it went. */
export function renderScores(evaluation: Evaluation, style: Style): string {
  const { types, examples, form, seconds } = evaluation;
  const { colors } = style;
  const table = renderTable(
    {
      head: ["type", "precision", "recall", "F1", "support"],
      align: ["left", "right", "right", "right", "right"],
      rows: [
        ...Object.entries(types).map(([type, scores]) => cells(printable(type), scores)),
        cells("all", evaluation).map((cell) => colors.bold(cell)),
      ],
    },
    style,
  );
  const speed = `${formatSeconds(seconds)}, ${formatRate(examples, seconds)} texts/s`;
  return `${table}\n ${colors.dim(`${formatNumberOf(examples, "text")} in ${form} form, ${speed}`)}\n`;
}

/** A row for each class and one for each average over them. */
export function renderClasses(evaluation: ClassEvaluation, style: Style): string {
  const { classes, accuracy, matthews, examples, seconds } = evaluation;
  const { colors } = style;
  const averages = (["micro", "macro", "weighted"] as const).map((name) => {
    return cells(name, evaluation[name]).map((cell) => colors.bold(cell));
  });
  const table = renderTable(
    {
      head: ["class", "precision", "recall", "F1", "support"],
      align: ["left", "right", "right", "right", "right"],
      rows: [...Object.entries(classes).map(([name, scores]) => cells(printable(name), scores)), ...averages],
    },
    style,
  );
  const all = `accuracy ${accuracy.toFixed(4)}, Matthews ${matthews.toFixed(4)}`;
  const speed = `${formatSeconds(seconds)}, ${formatRate(examples, seconds)} texts/s`;
  return `${table}\n ${all}\n ${colors.dim(`${formatNumberOf(examples, "text")}, ${speed}`)}\n`;
}

/** Exact match and F1, in percent as the field gives them. */
export function renderAnswers(evaluation: AnswerEvaluation, { colors }: Style): string {
  const { exactMatch, f1, questions, metric, seconds } = evaluation;
  const percent = (share: number) => (100 * share).toFixed(2);
  const scores = ` exact match ${percent(exactMatch)}, F1 ${percent(f1)}`;
  const form = metric === "cmrc" ? "as CMRC 2018 does it" : "as SQuAD does it";
  const speed = `${formatSeconds(seconds)}, ${formatRate(questions, seconds)} questions/s`;
  return `${colors.bold(scores)}\n ${colors.dim(`${formatNumberOf(questions, "question")}, ${form}, ${speed}`)}\n`;
}
