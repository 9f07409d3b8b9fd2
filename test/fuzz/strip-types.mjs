// Gives the fuzzer's own loader JavaScript to instrument where it would meet TypeScript; lines stay where they are.
import { readFileSync } from "node:fs";
import { register, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

// Loaded twice: by --import, which registers it, and by the thread of the loaders, which uses it.
if (isMainThread) register(import.meta.url);

export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), "utf8"));
  return { format: "module", source, shortCircuit: true };
}
