import { readFile } from "node:fs/promises";
import { Option } from "commander";
import type { LabelConstraints } from "../index.node.ts";
import { UsageError } from "./failure.ts";
import { atLeast } from "./options.ts";

/** What is asked of a model's CRF. */
export interface CrfOptions {
  readonly nBest?: number;
  readonly constrain?: string;
}

export const nBestOption = () =>
  new Option("--n-best <k>", "the likeliest readings of each text, with their probabilities").argParser(
    atLeast(1),
  );

export const constrainOption = () =>
  new Option("--constrain <what>", "what labels must keep to: scheme, or a JSON file of constraints");

/** The constraints that `--constrain` names; whether they can be is for the pipeline to say. */
export async function readConstraints(what: string | undefined): Promise<LabelConstraints | undefined> {
  if (what === undefined) return undefined;
  if (what === "scheme") return { scheme: true };
  const json = await readFile(what, "utf8").catch((error: Error) => {
    throw new UsageError(`--constrain must be scheme or a file: ${error.message}`);
  });
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new UsageError(`${what}: not JSON: ${(error as Error).message}`);
  }
}
