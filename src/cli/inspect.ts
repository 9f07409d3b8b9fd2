import { Command } from "commander";
import { readHeader } from "../pipelines/loading/model-header-node.ts";
import { summarize } from "./model-summary.ts";
import { renderModel } from "./render/model.ts";
import { styleFor, write } from "./terminal.ts";

export function inspectCommand(): Command {
  return new Command("inspect")
    .description("show what a model file holds; checks all but the weights' values")
    .argument("<model>", "a model file, or its URL")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge inspect waybill-zh.safetensors
  electra-edge inspect waybill-zh.safetensors --json | jq .config`,
    )
    .action(async (path: string, { json }: { json?: boolean }) => {
      const summary = summarize(await readHeader(path));
      await write(
        process.stdout,
        json
          ? `${JSON.stringify(summary, undefined, 2)}\n`
          : renderModel(summary, styleFor(process.stdout, process.env)),
      );
    });
}
