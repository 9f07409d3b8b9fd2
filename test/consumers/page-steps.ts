import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** What a page has its reader do: files to write and commands to run. */
export interface PageSteps {
  readonly files: ReadonlyMap<string, string>;
  /** In the shell, one after the other. */
  readonly commands: string;
  /** What the commands print, as far as the page says it. */
  readonly output: string;
}

/**
 * The steps below some of a page's headings. A file is a block of code under a line that names it and nothing else; commands are
 * the blocks of `sh`, which print the blocks of `text`. A block without a language is shown and not run.
 *
 * @param page in `docs/`
 */
export function stepsOf(page: string, ...headings: readonly string[]): PageSteps {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const sections = new Map(
    text
      .split(/^#{2,3} /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf("\n")), section]),
  );
  const wanted = headings.map((heading) => {
    const section = sections.get(heading);
    assert.ok(section !== undefined, `docs/${page} has a section "${heading}"`);
    return section;
  });
  const files = wanted.flatMap((section) =>
    Array.from(
      section.matchAll(/^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$/gms),
      ([, name, content]) => [name!, content!] as const,
    ),
  );
  const blocksOf = (language: string) =>
    wanted
      .flatMap((section) => Array.from(section.matchAll(/^```(\w+)\n(.*?)^```$/gms)))
      .filter((block) => block[1] === language)
      .map((block) => block[2])
      .join("");
  return { files: new Map(files), commands: blocksOf("sh"), output: blocksOf("text") };
}
