import { Command, Option } from "commander";
import type { AggregationStrategy } from "../index.node.ts";
import { readHeader } from "../pipelines/loading/model-header-node.ts";
import { type CrfOptions, constrainOption, nBestOption, readConstraints } from "./crf-options.ts";
import { checkOption, type EngineOptions, kernelsOption, threadsOption } from "./engine-options.ts";
import { UsageError } from "./failure.ts";
import { createFormat, FORMATS, type FormatName } from "./output-formats.ts";
import { type RecordOptions, recordOptions } from "./records.ts";
import { loadTask } from "./run-task.ts";
import { runTexts, type TextRunner } from "./run-texts.ts";
import { aggregationOption, at, ENTITY_STRATEGIES, loadTagger, tagAt } from "./tagger.ts";
import { addTaskOptions, checkTaskOptions, type TaskOptions } from "./task-options.ts";
import { styleFor } from "./terminal.ts";

interface RunOptions extends EngineOptions, CrfOptions, RecordOptions, TaskOptions {
  readonly task?: "feature-extraction";
  readonly format: FormatName;
  readonly aggregationStrategy: AggregationStrategy;
  readonly ignoreLabels: readonly string[];
}

const splitList = (value: string) => value.split(",").filter((item) => item !== "");

export function runCommand(): Command {
  const command = new Command("run")
    .description("do a model's task on a text, on each line of a file, or on each line of standard input")
    .argument("<model>", "a model file, or its URL")
    .argument("[input]", "a text, a file with one text a line, or - for standard input")
    .addOption(new Option("--format <name>", "what to print").choices(FORMATS).default("table"))
    .addOption(aggregationOption("none", ...ENTITY_STRATEGIES))
    .option("--ignore-labels <list>", "labels to leave out, with commas between them", splitList, ["O"])
    .addOption(nBestOption())
    .addOption(constrainOption())
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .addOption(checkOption())
    .addOption(
      new Option("--task <name>", "feature-extraction, whatever the model is for").choices([
        "feature-extraction",
      ]),
    )
    .addHelpText(
      "after",
      `
Examples:
  electra-edge run waybill-zh.safetensors "张三18600009172广东省深圳市南山区"
  electra-edge run waybill-zh.safetensors waybills.txt --format ndjson > entities.ndjson
  electra-edge run waybill-zh.safetensors waybills.ndjson --format ndjson --on-error skip > entities.ndjson
  electra-edge run waybill-zh.safetensors waybills.txt --format html > entities.html
  electra-edge run waybill-zh.safetensors "海南张三13800000000" --n-best 3 --constrain scheme
  cat waybills.txt | electra-edge run waybill-zh.safetensors --format conll
  electra-edge run discriminator.safetensors "一句可能写错子的话"
  electra-edge run generator.safetensors "北京是[MASK]国的首都" --top-k 3
  electra-edge run reader.safetensors article.txt --question "谁写的?"`,
    )
    .action(run);
  for (const option of recordOptions()) command.addOption(option);
  return addTaskOptions(command);
}

async function run(model: string, argument: string | undefined, options: RunOptions): Promise<void> {
  await runTexts(argument, options, async () => {
    const task = options.task ?? (await readHeader(model)).metadata.task;
    checkTaskOptions(task, options);
    return task === "token-classification" ? loadEntities(model, options) : loadTask(task, model, options);
  });
}

/** Token classification. */
async function loadEntities(model: string, options: RunOptions): Promise<TextRunner> {
  const { format: formatName, aggregationStrategy, ignoreLabels, nBest, constrain } = options;
  if (formatName === "conll" && aggregationStrategy === "none") {
    throw new UsageError("--format conll needs whole entities, not --aggregation-strategy none");
  }
  const constraints = await readConstraints(constrain);
  const tag = await loadTagger(model, options);
  const format = createFormat(formatName, tag.model, styleFor(process.stdout, process.env));
  if (nBest !== undefined && format.readings === undefined) {
    throw new UsageError(`--format ${formatName} has no place for the readings of --n-best`);
  }
  return {
    head: format.head,
    async text(text, index, place, onPart) {
      const asked = {
        aggregation_strategy: aggregationStrategy,
        ignore_labels: ignoreLabels,
        onProgress: ({ done, total }: { done: number; total: number }) => onPart(done / total),
        ...(constraints && { constraints }),
      };
      return nBest === undefined
        ? format.text(text, await tagAt(place, tag, text, asked), index)
        : format.readings!(text, await at(place, tag(text, { ...asked, n_best: nBest })), index);
    },
    tail: (count) => format.tail(count),
    dispose: () => tag.dispose(),
  };
}
