import { basename } from "node:path";
import { InputError } from "../errors.ts";
import type { Task } from "../model/config.ts";
import { readHeader } from "../pipelines/loading/model-header-node.ts";
import { parseTokenizer, type Tokenizer } from "../text/tokenizer.ts";

/** Where a model lies, and the name that requests call it by. */
export interface NamedSource {
  readonly name: string;
  readonly source: string;
}

/** What the server knows of a model, whose weights only its workers hold. */
export interface ServedModel extends NamedSource {
  readonly task: Task;
  readonly tokenizer: Tokenizer;
}

const NAME = /^[\w.-]+$/;

/** @param argument `NAME=SOURCE`, or a source alone, which is then named after its file, less the ending */
export function parseNamedSource(argument: string): NamedSource {
  const [, name, source] = /^([\w.-]+)=(.+)$/s.exec(argument) ?? [];
  if (name !== undefined) return { name, source: source! };
  const path = URL.canParse(argument) ? new URL(argument).pathname : argument;
  const stem = basename(path).replace(/\.safetensors$/, "");
  if (NAME.test(stem)) return { name: stem, source: argument };
  throw new InputError(
    "bad-option",
    `${argument}: give it a name of letters, digits, "_", "." and "-": NAME=FILE`,
  );
}

/**
 * Reads the models' headers.
 *
 * @throws {ModelFileError} where one breaks a rule of its format
 * @throws {InputError} `bad-option` where two models have one name
 */
export async function readServedModels(sources: readonly NamedSource[]): Promise<ServedModel[]> {
  const models: ServedModel[] = [];
  for (const { name, source } of sources) {
    if (models.some((other) => other.name === name)) {
      throw new InputError("bad-option", `two models are named ${name}; tell them apart: NAME=FILE`);
    }
    models.push(await readServedModel({ name, source }));
  }
  return models;
}

async function readServedModel({ name, source }: NamedSource): Promise<ServedModel> {
  const { metadata } = await readHeader(source);
  return { name, source, task: metadata.task, tokenizer: parseTokenizer(metadata.tokenizer, source) };
}
