// Prints what a browser or a Worker downloads to run or to train a model, gzipped, and fails where it is over its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { relaxedKernels } from "../build/kernels.ts";

const KILOBYTE = 1024;
const browser = readFileSync("dist/browser/index.js", "latin1");
if (!browser.includes(relaxedKernels)) throw new Error("the browsers' bundle lacks the relaxed kernels");
const bundles = {
  "browsers: JavaScript with both builds of the kernels inside": { limit: 50, contents: [browser] },
  "browsers: the same with one build alone": {
    limit: 45,
    contents: [browser.replace(relaxedKernels, "")],
  },
  "browsers, to train: the same with the training kernels, and those of GPUs": {
    limit: 84,
    contents: [readFileSync("dist/browser/train.js")],
  },
  "Workers: JavaScript and one build of the kernels": {
    limit: 45,
    contents: ["index.js", "kernels.simd.wasm"].map((file) => readFileSync(`dist/workerd/${file}`)),
  },
  "the kernels, plain": { limit: 16, contents: [readFileSync("build/kernels.simd.wasm")] },
  "the kernels, relaxed": { limit: 16, contents: [readFileSync("build/kernels.relaxed.wasm")] },
};

for (const [name, { limit, contents }] of Object.entries(bundles)) {
  const bytes = contents.reduce((sum, content) => sum + content.length, 0);
  const gzipped = contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0);
  const kilobytes = (count) => `${(count / KILOBYTE).toFixed(1)} KB`;
  console.log(`${name}: ${kilobytes(bytes)}, ${kilobytes(gzipped)} gzipped of ${limit} KB allowed`);
  if (gzipped > limit * KILOBYTE) process.exitCode = 1;
}
