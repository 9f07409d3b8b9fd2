import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { PEERS } from "./peers.ts";

const DOCS = new URL("../../docs/", import.meta.url);
const END = "<!-- end -->";

/** What figures were measured on, and beside which versions. */
export async function describeMachine(): Promise<string> {
  const peers = await Promise.all(
    ["onnxruntime-web", "onnxruntime-node", "@huggingface/transformers"].map(async (name) => {
      const manifest = await readFile(PEERS.file(`${name}/package.json`), "utf8");
      return `${name} ${JSON.parse(manifest).version}`;
    }),
  );
  const machine = `${cpus()[0]!.model.trim()}, ${cpus().length} cores`;
  return `Measured on ${machine}, Node ${process.versions.node}, beside ${peers.join(", ")}.`;
}

/** Puts text in place of what stands between the command's marks in docs/benchmarks.md, and the picture beside it. */
export async function renewFigures(
  command: string,
  text: string,
  picture: string,
  chart: string,
): Promise<void> {
  const page = new URL("benchmarks.md", DOCS);
  await writeFile(page, replaceBetweenMarks(await readFile(page, "utf8"), command, text));
  await writeFile(new URL(picture, DOCS), chart);
}

export function replaceBetweenMarks(page: string, command: string, text: string): string {
  const begin = `<!-- ${command}: begin -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`the page has no "${begin}" with "${END}" after it`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n${page.slice(to)}`;
}
