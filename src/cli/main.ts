#!/usr/bin/env node
import { Command } from "commander";
import { printable } from "../report/printable.ts";
import { benchCommand } from "./bench.ts";
import { convertCommand } from "./convert.ts";
import { doctorCommand } from "./doctor.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { describeFailure, EXIT_FAILURE, exitCodeOf, isBrokenPipe } from "./failure.ts";
import { finetuneCommand } from "./finetune.ts";
import { inspectCommand } from "./inspect.ts";
import { logCommand } from "./log.ts";
import { pretrainCommand } from "./pretrain.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { serveCommand } from "./serve.ts";
import { packageVersion } from "./version.ts";
import { vocabCommand } from "./vocab.ts";

const program = new Command("electra-edge")
  .description("ELECTRA with a CRF, run with WebAssembly SIMD")
  .version(packageVersion(), "-V, --version")
  .option("--debug", "show where an error came from")
  .addHelpText(
    "after",
    `
Examples:
  electra-edge run waybill-zh.safetensors "张三18600009172广东省深圳市南山区"
  electra-edge inspect waybill-zh.safetensors
  electra-edge evaluate waybill-zh.safetensors --data dev.txt
  electra-edge convert waybill-checkpoint -o waybill-zh.safetensors --dtype f16

Exit codes: 0 fine, 1 failure, 2 a command line that makes no sense.`,
  );

for (const command of [
  runCommand(),
  serveCommand(),
  inspectCommand(),
  evaluateCommand(),
  convertCommand(),
  exportCommand(),
  pretrainCommand(),
  finetuneCommand(),
  vocabCommand(),
  logCommand(),
  reportCommand(),
  benchCommand(),
  doctorCommand(),
]) {
  program.addCommand(command);
}
for (const command of [program, ...program.commands]) {
  command.exitOverride().configureOutput({
    outputError: (message, write) => write(message.replace(/^error: /u, "electra-edge: ")),
  });
}

/** What keeps results from being printed; a server or a run goes on all the same. */
let unprintable: Error | undefined;
process.stdout.on("error", (error) => {
  if (isBrokenPipe(error)) process.exit(0);
  if (unprintable === undefined) {
    process.stderr.write(`electra-edge: standard output: ${describeFailure(error, false)}\n`);
  }
  unprintable = error;
  process.exitCode = EXIT_FAILURE;
});

// A log or a progress line that finds no room is no reason to end what is at work.
process.stderr.on("error", () => {});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has printed its own by now.
  const printed = error instanceof Error && error.name === "CommanderError";
  if (!printed && !isBrokenPipe(error) && error !== unprintable) {
    const debug = program.opts()["debug"] === true;
    const description = describeFailure(error, debug);
    process.stderr.write(`electra-edge: ${debug ? description : printable(description)}\n`);
  }
}
