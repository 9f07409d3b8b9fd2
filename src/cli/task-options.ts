import { type Command, InvalidArgumentError, Option } from "commander";
import type { Task } from "../model/config.ts";
import { UsageError } from "./failure.ts";
import { atLeast, between } from "./options.ts";

/** What `run` takes for the tasks other than token classification, as the command line gives it. */
export interface TaskOptions {
  readonly pair?: string;
  readonly topK?: number | null;
  readonly functionToApply?: "softmax" | "sigmoid" | "none";
  readonly choices?: readonly string[];
  readonly question?: string;
  readonly handleImpossibleAnswer?: boolean;
  readonly maxAnswerLen?: number;
  readonly docStride?: number;
  readonly targets?: readonly string[];
  readonly threshold?: number;
  readonly pooling?: "none" | "cls" | "mean";
  readonly normalize?: boolean;
}

const HEADING = "Options of tasks other than token-classification:";

/** Each option with the tasks that have it. */
const OPTIONS: readonly (readonly [option: Option, tasks: readonly Task[]])[] = [
  [new Option("--pair <text>", "a second text, to classify together with each"), ["text-classification"]],
  [
    new Option("--function-to-apply <name>", "what makes scores of logits").choices([
      "softmax",
      "sigmoid",
      "none",
    ]),
    ["text-classification"],
  ],
  [
    new Option("--top-k <n>", 'how many results, the best first, or "all" labels').argParser(parseTopK),
    ["text-classification", "question-answering", "fill-mask"],
  ],
  [new Option("--choices <texts...>", "what to choose from"), ["multiple-choice"]],
  [new Option("--question <text>", "what the text is to answer"), ["question-answering"]],
  [new Option("--handle-impossible-answer", '"no answer" is one too'), ["question-answering"]],
  [
    new Option("--max-answer-len <n>", "the longest answer in tokens").argParser(atLeast(1)),
    ["question-answering"],
  ],
  [
    new Option("--doc-stride <n>", "tokens that windows of a long text share").argParser(atLeast(1)),
    ["question-answering"],
  ],
  [new Option("--targets <tokens...>", "the only tokens to choose from"), ["fill-mask"]],
  [
    new Option("--threshold <p>", "leave out tokens less likely replaced").argParser(between(0, 1)),
    ["replaced-token-detection"],
  ],
  [
    new Option("--pooling <name>", "one vector for a text").choices(["none", "cls", "mean"]),
    ["feature-extraction"],
  ],
  [new Option("--normalize", "give vectors length one"), ["feature-extraction"]],
];

export function addTaskOptions(command: Command): Command {
  command.optionsGroup(HEADING);
  for (const [option] of OPTIONS) command.addOption(option);
  return command;
}

/** @throws {UsageError} where an option is given that the task doesn't have */
export function checkTaskOptions(task: Task, given: object): void {
  for (const [option, tasks] of OPTIONS) {
    if (!Object.hasOwn(given, option.attributeName()) || tasks.includes(task)) continue;
    throw new UsageError(`${option.long} is for ${tasks.join(", ")}, and this model is for ${task}`);
  }
}

function parseTopK(value: string): number | null {
  if (value === "all") return null;
  try {
    return atLeast(1)(value);
  } catch {
    throw new InvalidArgumentError('It must be a whole number from 1 on, or "all".');
  }
}
