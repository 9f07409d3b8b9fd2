import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { Command } from "commander";
import { InputError } from "../errors.ts";
import { formatCount, formatRate, formatSeconds } from "../report/numbers.ts";
import type { PretrainingScores } from "../train/electra-pretraining.ts";
import type { PretrainReport } from "../train/pretrain.ts";
import { startProgress } from "./progress.ts";
import { write } from "./terminal.ts";
import {
  addRunOptions,
  assertOnlyResumed,
  type RunOptions,
  startInBackground,
  workOn,
} from "./training/long-run.ts";
import { describePretraining } from "./training/pretrain-log.ts";
import { assertComplete, type PretrainOptions, pretrainOptions } from "./training/pretrain-options.ts";
import { type PretrainPlan, planPretrain } from "./training/pretrain-plan.ts";
import { type PretrainResult, runPretrain } from "./training/pretrain-run.ts";
import { RunFolder } from "./training/run-folder.ts";

export function pretrainCommand(): Command {
  const command = new Command("pretrain").description("train ELECTRA from nothing on plain texts");
  for (const option of pretrainOptions()) command.addOption(option);
  return addRunOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  electra-edge pretrain --train corpus.txt -o electra-tiny --size tiny --vocab-size 8000
  electra-edge pretrain --train corpus.txt -o electra-small --vocab pieces.txt --tokenizer wordpiece --whole-word-mask --detach
  electra-edge pretrain --resume runs/electra-small
  electra-edge finetune --model electra-small-discriminator.safetensors --train train.txt --dev dev.txt -o tagger.safetensors`,
    )
    .action(pretrainAction);
}

async function pretrainAction(
  { run, resume, detach, force, json, ...given }: PretrainOptions & RunOptions,
  command: Command,
): Promise<void> {
  if (resume !== undefined) assertOnlyResumed(command);
  const { folder, options, plan } = await (resume === undefined
    ? openRun(given, run, force === true)
    : reopenRun(resume));
  if (detach) return startInBackground(folder, "pretrain");
  const reporter = startReporter(plan);
  await workOn(folder, async (interrupted) => {
    const result = await runPretrain(options, plan, folder, { ...reporter, interrupted });
    reporter.stop();
    await folder.writeResult(result);
    await write(process.stdout, json ? `${JSON.stringify(result)}\n` : summary(result));
  }).finally(() => reporter.stop());
}

interface OpenRun {
  readonly folder: RunFolder;
  readonly options: PretrainOptions;
  readonly plan: PretrainPlan;
}

async function openRun(
  options: PretrainOptions,
  run: string | undefined,
  overwrite: boolean,
): Promise<OpenRun> {
  assertComplete(options);
  const { output, train, vocab } = options;
  const there = [`${output}-generator.safetensors`, `${output}-discriminator.safetensors`].find(existsSync);
  if (!overwrite && there !== undefined) {
    throw new InputError("bad-option", `${there}: exists already; --force overwrites it`);
  }
  const plan = await planPretrain(options); // before a folder is made: texts that are no good leave nothing behind
  const inputs = [train, vocab].filter((file) => file !== undefined);
  const folder = await RunFolder.create(run ?? join("runs", basename(output)), "pretrain", options, inputs);
  return { folder, options, plan };
}

async function reopenRun(path: string): Promise<OpenRun> {
  const { folder, options: settings } = await RunFolder.resume(path, "pretrain");
  const options = settings as PretrainOptions;
  return { folder, options, plan: await planPretrain(options) };
}

function summary({ steps, tokens, seconds, scores, generator, discriminator }: PretrainResult): string {
  const { generatorAccuracy, precision, recall, auc } = scores;
  return (
    `${formatCount(steps)} steps, ${formatCount(tokens)} tokens in ${formatSeconds(seconds)}, ` +
    `${formatRate(tokens, seconds)} tokens/s\n` +
    `generator accuracy ${generatorAccuracy.toFixed(4)}; discriminator precision ${precision.toFixed(4)}, ` +
    `recall ${recall.toFixed(4)}, AUC ${auc.toFixed(4)}\n` +
    `wrote ${generator}\nwrote ${discriminator}\n`
  );
}

/** A progress line while it trains, and a line of its own for all scores. */
function startReporter({ sequences, tokenizer }: PretrainPlan) {
  const tokens = sequences.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  process.stderr.write(
    `${formatCount(sequences.length)} sequences of ${formatCount(tokens)} tokens, ` +
      `a vocabulary of ${formatCount(tokenizer.vocab.length)}\n`,
  );
  let progress = startProgress("tokens", process.stderr);
  let done = 0;
  let first: number | undefined;
  return {
    onStep({ step, steps, tokens }: PretrainReport) {
      first ??= step - 1;
      done += tokens;
      progress.update(done, (step - first) / (steps - first));
    },
    onScores(report: PretrainReport, scores: PretrainingScores) {
      progress.stop();
      process.stderr.write(`${describePretraining(report, scores)}\n`);
      progress = startProgress("tokens", process.stderr);
      done = 0;
      first = undefined;
    },
    stop: () => progress.stop(),
  };
}
