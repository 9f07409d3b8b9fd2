import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { Command } from "commander";
import { writeModel } from "../convert/write-model.ts";
import { InputError } from "../errors.ts";
import { meanDeviation } from "../metrics/mean-deviation.ts";
import { modelParameters } from "../model/model-file.ts";
import { formatCount, formatSeconds } from "../report/numbers.ts";
import type { StepReport } from "../train/finetune.ts";
import { UsageError } from "./failure.ts";
import { assertComplete, type FinetuneOptions, finetuneOptions } from "./finetune-options.ts";
import { type FinetunePlan, planFinetune } from "./finetune-plan.ts";
import { runFinetune, type SeedResult } from "./finetune-run.ts";
import { watchInterruption } from "./interruption.ts";
import { startProgress } from "./progress.ts";
import { RunFolder, type State } from "./run-folder.ts";
import { writeReport } from "./run-report.ts";
import { write } from "./terminal.ts";

interface CommandOptions extends FinetuneOptions {
  readonly run?: string;
  readonly resume?: string;
  readonly detach?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function finetuneCommand(): Command {
  const command = new Command("finetune").description("train a tagger or a classifier on labelled texts");
  for (const option of finetuneOptions()) command.addOption(option);
  return command
    .option("--run <folder>", "where checkpoints and the log go (default: runs/NAME of the output)")
    .option("--resume <folder>", "go on with a run that was cut off, exactly as it would have gone on")
    .option("--detach", "run in the background; electra-edge log shows how it does")
    .option("--force", "overwrite the output")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge finetune --train train.txt --dev dev.txt -o tagger.safetensors --threads 2
  electra-edge finetune --train train.txt --dev dev.txt -o tagger.safetensors --model encoder.safetensors --learning-rate 1e-4 --layer-decay 0.8
  electra-edge finetune --resume runs/tagger`,
    )
    .action(finetuneAction);
}

async function finetuneAction(
  { run, resume, detach, force, json, ...given }: CommandOptions,
  command: Command,
): Promise<void> {
  if (resume !== undefined) assertNothingElse(command);
  const { folder, options, plan } = await (resume === undefined
    ? openRun(given, run, force === true)
    : reopenRun(resume));
  if (detach) return startInBackground(folder);
  await folder.assign(process.pid);
  const reporter = startReporter(plan, options);
  const interruption = watchInterruption();
  try {
    const events = { ...reporter, interrupted: () => interruption.wanted };
    const { results, weights } = await runFinetune(options, plan, folder, events);
    await saveModel(options, plan, weights);
    reporter.stop();
    const result = { results, ...meanDeviation(results.map(({ score }) => score)) };
    await folder.writeResult(result);
    const { path: report, figures: dev } = await writeReport(folder, options, plan, results);
    const reported = { ...result, report, dev };
    await folder.writeResult(reported);
    await write(
      process.stdout,
      json ? `${JSON.stringify(reported)}\n` : `${summary(results, options)}wrote ${report}\n`,
    );
  } finally {
    reporter.stop();
    interruption.stop();
    await folder.release();
  }
}

/** A run that goes on keeps to the settings that it began with. */
function assertNothingElse(command: Command): void {
  const alike = ["resume", "detach", "json"];
  const surplus = command.options.find(
    (option) =>
      command.getOptionValueSource(option.attributeName()) === "cli" &&
      !alike.includes(option.attributeName()),
  );
  if (surplus === undefined) return;
  throw new UsageError(`${surplus.long} can't be given with --resume, which keeps to the run's settings`);
}

interface OpenRun {
  readonly folder: RunFolder;
  readonly options: FinetuneOptions;
  readonly plan: FinetunePlan;
}

async function openRun(
  options: FinetuneOptions,
  run: string | undefined,
  overwrite: boolean,
): Promise<OpenRun> {
  assertComplete(options);
  const { output, train, dev, model, vocab } = options;
  if (!overwrite && existsSync(output)) {
    throw new InputError("bad-option", `${output}: exists already; --force overwrites it`);
  }
  const plan = await planFinetune(options); // before a folder is made: data that is no good leaves nothing behind
  const path = run ?? join("runs", basename(output, extname(output)));
  const inputs = [train, dev, model, vocab].filter((file) => file !== undefined);
  return { folder: await RunFolder.create(path, options, inputs), options, plan };
}

async function reopenRun(path: string): Promise<OpenRun> {
  const { folder, options: settings } = await RunFolder.resume(path);
  const options = settings as FinetuneOptions;
  return { folder, options, plan: await planFinetune(options) };
}

async function startInBackground(folder: RunFolder): Promise<void> {
  const output = openSync(folder.file("output.log"), "a");
  const [program] = process.argv.slice(1);
  const child = spawn(
    process.execPath,
    [...process.execArgv, program!, "finetune", "--resume", folder.path],
    { detached: true, stdio: ["ignore", output, output] },
  );
  closeSync(output);
  child.unref();
  await folder.assign(child.pid!);
  await write(
    process.stdout,
    `training in the background, process ${child.pid}; electra-edge log ${folder.path} --follow shows how it does\n`,
  );
}

async function saveModel(
  options: FinetuneOptions,
  { metadata }: FinetunePlan,
  weights: State,
): Promise<void> {
  const { config, task, labels, crf } = metadata;
  const source = modelParameters(config, task, labels.length, crf !== undefined).map((parameter) => {
    const values = weights.get(parameter.name)!;
    return {
      parameter,
      tensor: {
        file: options.output,
        dtype: "F32" as const,
        shape: parameter.shape,
        read: async () =>
          Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
      },
    };
  });
  await writeModel(options.output, metadata, source, options.dtype, undefined);
}

const metricOf = ({ head }: FinetuneOptions) => (head === "sequence" ? "accuracy" : "F1");

function summary(results: readonly SeedResult[], options: FinetuneOptions): string {
  const metric = metricOf(options);
  const lines = results.map(
    ({ seed, score, bestEpoch, epochs, seconds }) =>
      `seed ${seed}: dev ${metric} ${score.toFixed(4)} in epoch ${bestEpoch} of ${epochs}, ${formatSeconds(seconds)}`,
  );
  const { mean, deviation } = meanDeviation(results.map(({ score }) => score));
  if (results.length > 1) lines.push(`mean ${mean.toFixed(4)} ± ${deviation.toFixed(4)}`);
  return `${lines.join("\n")}\nwrote ${options.output}\n`;
}

/** A progress line while it trains, and a line of its own for every epoch. */
function startReporter({ train, dev }: FinetunePlan, options: FinetuneOptions) {
  process.stderr.write(
    `${formatCount(train.length)} texts to learn from, ${formatCount(dev.length)} to be judged by\n`,
  );
  let progress = startProgress("tokens", process.stderr);
  let tokens = 0;
  let first: number | undefined;
  return {
    onStep(_seed: number, report: StepReport) {
      first ??= report.position.step - 1;
      tokens += report.tokens;
      progress.update(tokens, (report.position.step - first) / (report.steps - first));
    },
    onEpoch(seed: number, epoch: number, score: number) {
      progress.stop();
      process.stderr.write(`seed ${seed}, epoch ${epoch}: dev ${metricOf(options)} ${score.toFixed(4)}\n`);
      progress = startProgress("tokens", process.stderr);
      tokens = 0;
      first = undefined;
    },
    stop: () => progress.stop(),
  };
}
