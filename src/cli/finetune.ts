import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { Command } from "commander";
import { InputError } from "../errors.ts";
import { meanDeviation } from "../metrics/mean-deviation.ts";
import { formatCount, formatSeconds } from "../report/numbers.ts";
import type { StepReport } from "../train/finetune.ts";
import { startProgress } from "./progress.ts";
import { write } from "./terminal.ts";
import { assertComplete, type FinetuneOptions, finetuneOptions } from "./training/finetune-options.ts";
import { type FinetunePlan, planFinetune } from "./training/finetune-plan.ts";
import { runFinetune, type SeedResult } from "./training/finetune-run.ts";
import {
  addRunOptions,
  assertOnlyResumed,
  type RunOptions,
  startInBackground,
  workOn,
} from "./training/long-run.ts";
import { RunFolder } from "./training/run-folder.ts";
import { writeReport } from "./training/run-report.ts";
import { writeWeights } from "./training/write-weights.ts";

type CommandOptions = FinetuneOptions & RunOptions;

export function finetuneCommand(): Command {
  const command = new Command("finetune").description("train a tagger or a classifier on labelled texts");
  for (const option of finetuneOptions()) command.addOption(option);
  return addRunOptions(command)
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
  if (resume !== undefined) assertOnlyResumed(command);
  const { folder, options, plan } = await (resume === undefined
    ? openRun(given, run, force === true)
    : reopenRun(resume));
  if (detach) return startInBackground(folder, "finetune");
  const reporter = startReporter(plan, options);
  await workOn(folder, async (interrupted) => {
    const { results, weights } = await runFinetune(options, plan, folder, { ...reporter, interrupted });
    await writeWeights(options.output, plan.metadata, weights, options.dtype);
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
  }).finally(() => reporter.stop());
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
  return { folder: await RunFolder.create(path, "finetune", options, inputs), options, plan };
}

async function reopenRun(path: string): Promise<OpenRun> {
  const { folder, options: settings } = await RunFolder.resume(path, "finetune");
  const options = settings as FinetuneOptions;
  return { folder, options, plan: await planFinetune(options) };
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
