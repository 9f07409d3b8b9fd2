import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { writeFileAtomically } from "../convert/atomic-write.ts";
import { InputError } from "../errors.ts";
import { formatCount } from "../report/numbers.ts";
import { atLeast, lowerCaseOption, option, tokenizerOption } from "./options.ts";
import { write } from "./terminal.ts";
import { readTexts, TEXT_FORMS } from "./training/training-data.ts";
import { buildVocabulary, type VocabularyOptions } from "./training/vocabulary.ts";

interface VocabOptions extends VocabularyOptions {
  readonly output: string;
  readonly form: (typeof TEXT_FORMS)[number];
  readonly force?: boolean;
}

export function vocabCommand(): Command {
  return new Command("vocab")
    .description("build a vocabulary from texts")
    .argument("<files...>", "texts, or labelled data")
    .requiredOption("-o, --output <file>", "the vocabulary to write, one token a line")
    .addOption(
      new Option(
        "--form <name>",
        "plain texts, one a line; labelled data of any form that evaluate reads; TSV",
      )
        .choices(TEXT_FORMS)
        .default("text"),
    )
    .addOption(tokenizerOption())
    .addOption(option("--vocab-size <n>", "the most tokens that it may have", atLeast(6), 30_000))
    .addOption(option("--min-frequency <n>", "how often a character or piece must occur", atLeast(1), 2))
    .addOption(lowerCaseOption())
    .option("--force", "overwrite the output")
    .addHelpText(
      "after",
      `
Examples:
  electra-edge vocab corpus.txt -o vocab.txt
  electra-edge vocab train.conll --form labelled --tokenizer wordpiece --vocab-size 8000 -o pieces.txt`,
    )
    .action(writeVocabulary);
}

async function writeVocabulary(files: string[], { output, form, force, ...options }: VocabOptions) {
  if (!force && existsSync(output)) {
    throw new InputError("bad-option", `${output}: exists already; --force overwrites it`);
  }
  const texts: string[] = [];
  for (const file of files) for (const text of await readTexts(file, form)) texts.push(text);
  const vocabulary = buildVocabulary(texts, options);
  await writeFileAtomically(output, [vocabulary.map((token) => `${token}\n`).join("")]);
  await write(process.stdout, `${output}: ${formatCount(vocabulary.length)} tokens\n`);
}
