import { Command, Option } from "commander";
import type { AggregationStrategy } from "../index.node.ts";
import { type CrfOptions, constrainOption, nBestOption, readConstraints } from "./crf-options.ts";
import { type EngineOptions, kernelsOption, threadsOption } from "./engine-options.ts";
import { UsageError } from "./failure.ts";
import { openInput } from "./inputs.ts";
import { createFormat, FORMATS, type FormatName } from "./output-formats.ts";
import { startProgress } from "./progress.ts";
import {
  BadLines,
  extendRecord,
  holdsRecords,
  type RecordOptions,
  type RecordText,
  readRecords,
  recordOptions,
} from "./records.ts";
import { aggregationOption, at, ENTITY_STRATEGIES, loadTagger, tagAt } from "./tagger.ts";
import { styleFor, write } from "./terminal.ts";

interface RunOptions extends EngineOptions, CrfOptions, RecordOptions {
  readonly format: FormatName;
  readonly aggregationStrategy: AggregationStrategy;
  readonly ignoreLabels: readonly string[];
}

const splitList = (value: string) => value.split(",").filter((item) => item !== "");

export function runCommand(): Command {
  const command = new Command("run")
    .description("find the entities in a text, in each line of a file, or in each line of standard input")
    .argument("<model>", "a model file, or its URL")
    .argument("[input]", "a text, a file with one text a line, or - for standard input")
    .addOption(new Option("--format <name>", "what to print").choices(FORMATS).default("table"))
    .addOption(aggregationOption("none", ...ENTITY_STRATEGIES))
    .option("--ignore-labels <list>", "labels to leave out, with commas between them", splitList, ["O"])
    .addOption(nBestOption())
    .addOption(constrainOption())
    .addOption(kernelsOption())
    .addOption(threadsOption())
    .addHelpText(
      "after",
      `
Examples:
  electra-edge run waybill-zh.safetensors "张三18600009172广东省深圳市南山区"
  electra-edge run waybill-zh.safetensors waybills.txt --format ndjson > entities.ndjson
  electra-edge run waybill-zh.safetensors waybills.ndjson --format ndjson --on-error skip > entities.ndjson
  electra-edge run waybill-zh.safetensors waybills.txt --format html > entities.html
  electra-edge run waybill-zh.safetensors "海南张三13800000000" --n-best 3 --constrain scheme
  cat waybills.txt | electra-edge run waybill-zh.safetensors --format conll`,
    )
    .action(run);
  for (const option of recordOptions()) command.addOption(option);
  return command;
}

async function run(model: string, argument: string | undefined, options: RunOptions): Promise<void> {
  const badLines = new BadLines(options, process.stderr);
  const input = openInput(argument, process.stdin, badLines.meet);
  const texts: AsyncIterable<RecordText> = holdsRecords(argument, options)
    ? readRecords(input.texts, options.textField, badLines)
    : input.texts;
  const { format: formatName, aggregationStrategy, ignoreLabels, nBest, constrain } = options;
  if (formatName === "conll" && aggregationStrategy === "none") {
    throw new UsageError("--format conll needs whole entities, not --aggregation-strategy none");
  }
  const constraints = await readConstraints(constrain);
  const tag = await loadTagger(model, options);
  // On a terminal the results themselves show how far it has got.
  const progress = process.stdout.isTTY ? undefined : startProgress("texts", process.stderr);
  try {
    const format = createFormat(formatName, tag.model, styleFor(process.stdout, process.env));
    if (nBest !== undefined && format.readings === undefined) {
      throw new UsageError(`--format ${formatName} has no place for the readings of --n-best`);
    }
    await write(process.stdout, format.head);
    let count = 0;
    let begun = 0;
    for await (const { text, place, bytesRead, record } of texts) {
      const show = (part: number) => {
        const bytes = begun + part * (bytesRead - begun);
        progress?.update(count, input.byteLength === undefined ? undefined : bytes / input.byteLength);
      };
      const asked = {
        aggregation_strategy: aggregationStrategy,
        ignore_labels: ignoreLabels,
        onProgress: ({ done, total }: { done: number; total: number }) => show(done / total),
        ...(constraints && { constraints }),
      };
      const render = async () =>
        nBest === undefined
          ? format.text(text, await tagAt(place, tag, text, asked), count)
          : format.readings!(text, await at(place, tag(text, { ...asked, n_best: nBest })), count);
      const written = await render().catch(badLines.meet);
      begun = bytesRead;
      if (written === undefined) continue;
      const isRecord = record !== undefined && formatName === "ndjson";
      await write(process.stdout, isRecord ? extendRecord(record, written) : written);
      count++;
      show(1);
    }
    await write(process.stdout, format.tail(count));
  } finally {
    progress?.stop();
    tag.dispose();
  }
}
