// A part of `npm run lint`: src/'s folders are layers, and each imports only those that it is given here (docs/architecture.md).
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const LAYERS = {
  wasm: [],
  text: [],
  data: [],
  metrics: [],
  model: ["wasm"],
  report: ["metrics"],
  pipelines: ["model", "text", "wasm"],
  convert: ["model", "text", "wasm"],
  train: ["model", "text", "data", "metrics", "wasm"],
  server: ["pipelines", "model", "text"],
};
/** Files that all layers may import. */
const LEAVES = ["errors.ts", "signal.ts", "web-types.ts"];
/** What runs in browsers and Workers: no packages, and Node's modules only in files named so. */
const PORTABLE = ["wasm", "text", "model", "pipelines", "train"];
const PACKAGES_IN_PORTABLE = ["@noble/hashes/sha2.js"];

const IMPORT = /^(?:import|export)\s[\w\s{},*$]*from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm;

for (const [layer, allowed] of Object.entries(LAYERS)) {
  for (const file of globSync(`src/${layer}/**/*.ts`)) {
    for (const [, ...specifiers] of readFileSync(file, "utf8").matchAll(IMPORT)) {
      const fault = faultOf(layer, allowed, file, specifiers.find(Boolean));
      if (fault === undefined) continue;
      console.error(`${file}: ${fault}`);
      process.exitCode = 1;
    }
  }
}

function faultOf(layer, allowed, file, specifier) {
  if (specifier.startsWith(".")) {
    const [folder, target] = relative(".", join(dirname(file), specifier)).split("/");
    if (folder !== "src" || target === layer || [...LEAVES, ...allowed].includes(target)) return;
    return `imports ${specifier}, but ${layer} may import ${[...allowed, ...LEAVES].join(", ")} alone`;
  }
  if (!PORTABLE.includes(layer) || PACKAGES_IN_PORTABLE.includes(specifier)) return;
  if (specifier.startsWith("node:") && file.endsWith("-node.ts")) return;
  return `imports ${specifier}, which isn't everywhere where ${layer} runs`;
}
