import { Command } from "commander";
import { readDataset } from "../data/index.ts";
import { EntityScorer } from "../metrics/entity-scores.ts";
import { readHeader } from "../pipelines/loading/model-header-node.ts";
import { checkOption, type EngineOptions, kernelsOption, threadsOption } from "./engine-options.ts";
import { EntityTypes, labelOf } from "./entity-types.ts";
import { evaluateAnswers } from "./evaluate-answers.ts";
import { checkModel } from "./evaluate-check.ts";
import { evaluateClasses } from "./evaluate-classes.ts";
import { evaluateEach } from "./evaluate-each.ts";
import { UsageError } from "./failure.ts";
import { markedTexts } from "./marked-entities.ts";
import { renderCheck } from "./render/check.ts";
import { type Evaluation, renderAnswers, renderClasses, renderScores } from "./render/scores.ts";
import { aggregationOption, ENTITY_STRATEGIES, loadTagger, tagAt } from "./tagger.ts";
import { type Style, styleFor, write } from "./terminal.ts";

interface EvaluateOptions extends EngineOptions {
  readonly data?: string;
  readonly json?: boolean;
  readonly aggregationStrategy: (typeof ENTITY_STRATEGIES)[number];
}

export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("compare what a model says with what a data set does: entities, classes or answers")
    .argument("<model>", "a model file, or its URL")
    .option(
      "--data <file>",
      "labelled texts: waybill form, CoNLL or BMES columns, or CLUENER's JSON lines; " +
        "TSV for classes; SQuAD's or CMRC's JSON for answers",
    )
    .addOption(aggregationOption(...ENTITY_STRATEGIES))
    .option("--json", "print JSON instead of a table")
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .addOption(checkOption())
    .addHelpText(
      "after",
      `
Examples:
  electra-edge evaluate waybill-zh.safetensors --data dev.txt
  electra-edge evaluate waybill-zh.safetensors --data dev.txt --json | jq .f1
  electra-edge evaluate waybill-zh.safetensors --check`,
    )
    .action(evaluate);
}

async function evaluate(model: string, options: EvaluateOptions): Promise<void> {
  const { task } = (await readHeader(model)).metadata;
  const { data } = options;
  if (data === undefined) {
    if (!options.check) throw new UsageError("evaluate needs --data, or --check");
    return print(await checkModel(task, model, options), renderCheck, options);
  }
  if (task === "text-classification") {
    return print(await evaluateClasses(model, data, options), renderClasses, options);
  }
  if (task === "question-answering") {
    return print(await evaluateAnswers(model, data, options), renderAnswers, options);
  }
  return evaluateEntities(model, data, options);
}

async function print<T>(
  evaluation: T,
  render: (evaluation: T, style: Style) => string,
  { json }: EvaluateOptions,
): Promise<void> {
  const style = styleFor(process.stdout, process.env);
  await write(
    process.stdout,
    json ? `${JSON.stringify(evaluation, undefined, 2)}\n` : render(evaluation, style),
  );
}

async function evaluateEntities(model: string, data: string, options: EvaluateOptions): Promise<void> {
  const dataset = await readDataset(data);
  const texts = markedTexts(dataset);
  const tag = await loadTagger(model, options);
  const scorer = new EntityScorer();
  warnOfStrangers(
    EntityTypes.of(tag.model).names,
    texts.flatMap(({ entities }) => entities.map(({ type }) => type)),
  );
  const seconds = await evaluateEach(texts, "texts", tag, async ({ text, line, entities }) => {
    const found = await tagAt(`${data}:${line}`, tag, text, {
      aggregation_strategy: options.aggregationStrategy,
    });
    scorer.add(
      entities,
      found.map((entity) => ({ type: labelOf(entity), start: entity.start, end: entity.end })),
    );
  });
  const evaluation: Evaluation = { ...scorer.scores(), examples: texts.length, form: dataset.form, seconds };
  await print(evaluation, renderScores, options);
}

/** A model and data of different types give an F1 of 0 that is easily taken for a bad model. */
function warnOfStrangers(known: readonly string[], marked: readonly string[]): void {
  const strangers = [...new Set(marked)].filter((type) => !known.includes(type));
  if (strangers.length === 0) return;
  process.stderr.write(
    `electra-edge: warning: the data marks ${strangers.join(", ")}; the model knows only ${known.join(", ")}\n`,
  );
}
