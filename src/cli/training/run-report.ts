import { existsSync, statSync } from "node:fs";
import { basename } from "node:path";
import { writeFileAtomically } from "../../convert/atomic-write.ts";
import { TrainingError } from "../../errors.ts";
import type { EntityScores } from "../../metrics/entity-scores.ts";
import type { RejectPoint } from "../../metrics/reject-curve.ts";
import { hasWordsAlone } from "../../model/config.ts";
import { modelParameters } from "../../model/file/model-file.ts";
import { bestThreshold } from "../../report/calibration-section.ts";
import { curvesOf } from "../../report/curves.ts";
import { type Judgement, judge } from "../../report/judgement.ts";
import { formatBytes, formatCount, formatNumberOf } from "../../report/numbers.ts";
import { renderReport } from "../../report/page.ts";
import type { Facts, Report } from "../../report/report.ts";
import { parseScheme } from "../../text/labels.ts";
import { parseTokenizerConfig } from "../../text/tokenizer.ts";
import type { TextExample } from "../../train/examples.ts";
import { EntityTypes } from "../entity-types.ts";
import { packageVersion } from "../version.ts";
import type { FinetuneOptions } from "./finetune-options.ts";
import type { FinetunePlan } from "./finetune-plan.ts";
import { bestOf, type SeedResult } from "./finetune-run.ts";
import { judgeClassifier, judgeTagger } from "./judge-run.ts";
import { givenOptions, rerunCommand } from "./rerun-command.ts";
import type { RunFolder } from "./run-folder.ts";

/** What a report comes to in figures; `result.json` has them as `dev`. */
export interface ReportFigures extends EntityScores {
  /** The expected calibration error of what was found. */
  readonly calibrationError: number;
  /** Where rejecting what is less probable gives the highest F1. */
  readonly bestThreshold: RejectPoint;
  readonly wrongTexts: number;
}

export interface WrittenReport {
  readonly path: string;
  /** Undefined while the run has written no model file. */
  readonly figures: ReportFigures | undefined;
}

/**
 * Writes the report of a run: of one that has ended with what its model makes of the dev texts, of one that goes on the
 * curves so far.
 *
 * @param results of the seeds once all have come to their end
 * @param path where to write it; `report.html` in the run's folder by default
 */
export async function writeReport(
  folder: RunFolder,
  options: FinetuneOptions,
  plan: FinetunePlan,
  results: readonly SeedResult[] | undefined,
  { text = options.text, path = folder.file("report.html") }: { text?: boolean; path?: string } = {},
): Promise<WrittenReport> {
  const judgement = results === undefined ? undefined : await judgeRun(folder, options, plan, results);
  const report: Report = {
    name: basename(folder.path),
    summary: summarize(options, plan),
    task: options.head === "sequence" ? "classes" : "entities",
    curves: curvesOf(await folder.readLog()),
    outcomes: results ?? [],
    judged: judgement && { model: basename(options.output), dev: basename(options.dev), judgement },
    text,
    types: typesOf(plan, options.output),
    facts: factsOf(options, plan),
    command: rerunCommand(options, folder.path),
    version: packageVersion(),
  };
  const bytes = new TextEncoder().encode(renderReport(report));
  await writeFileAtomically(path, once(bytes));
  return { path, figures: judgement && figuresOf(judgement) };
}

async function judgeRun(
  folder: RunFolder,
  options: FinetuneOptions,
  plan: FinetunePlan,
  results: readonly SeedResult[],
): Promise<Judgement> {
  if (options.head !== "sequence") return judge(await judgeTagger(options, plan));
  const name = bestOf(results.reduce((a, b) => (b.score > a.score ? b : a)).seed);
  const best = await folder.readState(name);
  if (best === undefined) throw new TrainingError("bad-run", `${folder.file(name)}: no such file`);
  return judge(await judgeClassifier(options, plan, best.state));
}

function figuresOf({ scores, calibration, rejectCurve, wrong }: Judgement): ReportFigures {
  return {
    ...scores,
    calibrationError: calibration.error,
    bestThreshold: bestThreshold(rejectCurve),
    wrongTexts: wrong.length,
  };
}

function typesOf({ metadata: { labels, scheme } }: FinetunePlan, file: string): readonly string[] {
  return scheme === undefined ? labels : new EntityTypes(labels, parseScheme(scheme, file)).names;
}

const HEADS = { crf: "A tagger with a CRF", softmax: "A tagger", sequence: "A classifier of texts" } as const;

function summarize(options: FinetuneOptions, plan: FinetunePlan): string {
  const { head, model } = options;
  const { config, gru } = plan.metadata;
  const encoder = hasWordsAlone(config)
    ? `word embeddings of ${config.embedding_size}`
    : `ELECTRA of ${formatNumberOf(config.num_hidden_layers, "layer")} of ${config.hidden_size}`;
  const recurrent =
    gru === undefined
      ? ""
      : ` under ${formatNumberOf(gru.num_layers, "bidirectional GRU")} of ${gru.hidden_size}`;
  const kinds = formatNumberOf(
    typesOf(plan, options.output).length,
    head === "sequence" ? "label" : "entity type",
  );
  const start = model === undefined ? "from nothing" : `from ${basename(model)}`;
  return `${HEADS[head]} for ${kinds}: ${encoder}${recurrent}, trained ${start} on ${formatNumberOf(plan.train.length, "text")}.`;
}

function factsOf(options: FinetuneOptions, plan: FinetunePlan): Facts[] {
  const { config, task, labels, crf, gru } = plan.metadata;
  const { vocab, unk_token } = parseTokenizerConfig(plan.metadata.tokenizer, options.output);
  const unknown = vocab.indexOf(unk_token);
  const parameters = modelParameters(config, task, labels.length, crf !== undefined, gru);
  const file = existsSync(options.output) ? `, ${formatBytes(statSync(options.output).size)}` : "";
  return [
    {
      title: "Data",
      rows: [
        ["training texts", `${formatCount(plan.train.length)} of ${basename(options.train)}`],
        ["training tokens", formatCount(tokensIn(plan.train))],
        ["dev texts", `${formatCount(plan.dev.length)} of ${basename(options.dev)}`],
        ["dev tokens", formatCount(tokensIn(plan.dev))],
        ["dev tokens not in the vocabulary", formatCount(countOf(unknown, plan.dev))],
        ["labels", labels.join(" ")],
      ],
    },
    {
      title: "Model",
      rows: [
        ["layers", String(config.num_hidden_layers)],
        ["hidden size", String(config.hidden_size)],
        ["attention heads", String(config.num_attention_heads)],
        ["intermediate size", String(config.intermediate_size)],
        ["embedding size", String(config.embedding_size)],
        ["tokens at most", String(config.max_position_embeddings)],
        ["vocabulary", formatCount(vocab.length)],
        ["parameters", formatCount(parameters.reduce((sum, { shape }) => sum + product(shape), 0))],
        ["stored as", `${options.dtype}${file}`],
      ],
    },
    {
      title: "Options; * where not the default",
      rows: givenOptions(options).map(({ name, value, preset }) => [
        name,
        `${value === "" ? "yes" : value}${preset ? "" : " *"}`,
      ]),
    },
  ];
}

const product = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);

const tokensIn = (examples: readonly TextExample[]) =>
  examples.reduce((sum, { inputIds }) => sum + inputIds.length, 0);

const countOf = (id: number, examples: readonly TextExample[]) =>
  examples.reduce((sum, { inputIds }) => sum + inputIds.filter((token) => token === id).length, 0);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
