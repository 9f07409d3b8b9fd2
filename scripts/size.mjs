// Prints what a browser or a Worker downloads to run or to train a model, gzipped, and fails where it is over its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const KILOBYTE = 1024;
const bundles = {
  "browsers: JavaScript with the kernels inside": { limit: 40 * KILOBYTE, files: ["dist/browser/index.js"] },
  "browsers, to train: the same with the training kernels, and those of GPUs": {
    limit: 70 * KILOBYTE,
    files: ["dist/browser/train.js"],
  },
  "Workers: JavaScript and the kernels": {
    limit: 40 * KILOBYTE,
    files: ["dist/workerd/index.js", "dist/workerd/kernels.simd.wasm"],
  },
};

for (const [name, { limit, files }] of Object.entries(bundles)) {
  const contents = files.map((file) => readFileSync(file));
  const bytes = contents.reduce((sum, content) => sum + content.length, 0);
  const gzipped = contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0);
  const kilobytes = (count) => `${(count / KILOBYTE).toFixed(1)} KB`;
  console.log(`${name}: ${kilobytes(bytes)}, ${kilobytes(gzipped)} gzipped of ${kilobytes(limit)} allowed`);
  if (gzipped > limit) process.exitCode = 1;
}
