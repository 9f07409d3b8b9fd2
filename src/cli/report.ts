import { Command } from "commander";
import { write } from "./terminal.ts";
import type { FinetuneOptions } from "./training/finetune-options.ts";
import { planFinetune } from "./training/finetune-plan.ts";
import type { SeedResult } from "./training/finetune-run.ts";
import { RunFolder } from "./training/run-folder.ts";
import { writeReport } from "./training/run-report.ts";

interface ReportOptions {
  readonly output?: string;
  readonly text: boolean;
  readonly json?: boolean;
}

export function reportCommand(): Command {
  return new Command("report")
    .description("write the report of a training run anew, also of one that still goes on")
    .argument("<run>", "its folder")
    .option("-o, --output <file>", "the HTML file to write (default: report.html in the run's folder)")
    .option("--no-text", "leave the dev set's texts out")
    .option("--json", "print its figures as JSON")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge report runs/tagger
  electra-edge report runs/tagger --no-text -o to-pass-on.html`,
    )
    .action(reportAction);
}

async function reportAction(run: string, { output, text, json }: ReportOptions): Promise<void> {
  const { folder, options: settings } = await RunFolder.openUnchanged(run, "finetune");
  const options = settings as FinetuneOptions;
  const result = (await folder.readResult()) as { results: readonly SeedResult[] } | undefined;
  const { path, figures } = await writeReport(folder, options, await planFinetune(options), result?.results, {
    ...(text ? {} : { text }),
    ...(output === undefined ? {} : { path: output }),
  });
  await write(
    process.stdout,
    json ? `${JSON.stringify({ report: path, dev: figures })}\n` : `wrote ${path}\n`,
  );
}
