import { basename, extname, join } from "node:path";
import { type FinetuneOptions, finetuneOptions } from "./finetune-options.ts";

/** A setting as the command line has it. */
export interface GivenOption {
  /** Without the dashes before it. */
  readonly name: string;
  readonly value: string;
  /** Whether it's what holds where nothing is given. */
  readonly preset: boolean;
}

/** All settings of a run under their options' names, in the help's order; those that were left open are left out. */
export function givenOptions(options: FinetuneOptions): GivenOption[] {
  const values = options as unknown as Readonly<Record<string, unknown>>;
  return finetuneOptions().flatMap((option) => {
    const value = values[option.attributeName()];
    // What `--no-…` turns off is on where it isn't given.
    if (value === undefined || (option.negate && value === true)) return [];
    const preset = JSON.stringify(value) === JSON.stringify(option.defaultValue);
    return [{ name: option.long!.slice(2), value: option.negate ? "" : String(value), preset }];
  });
}

/** The command line that makes a run again. */
export function rerunCommand(options: FinetuneOptions, folder: string): string {
  const parts = givenOptions(options)
    .filter(({ preset }) => !preset)
    .map(({ name, value }) => (value === "" ? `--${name}` : `--${name} ${quoteForShell(value)}`));
  const usual = join("runs", basename(options.output, extname(options.output)));
  if (folder !== usual) parts.push(`--run ${quoteForShell(folder)}`);
  return `electra-edge finetune ${parts.join(" ")}`;
}

function quoteForShell(value: string): string {
  return /^[\w./:,=@%+-]+$/u.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
