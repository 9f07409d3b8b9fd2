// Prints what a browser or a Worker downloads to run a model, gzipped, and fails where it is over its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 40 * 1024;
const bundles = {
  "browsers: JavaScript with the kernels inside": ["dist/browser/index.js"],
  "Workers: JavaScript and the kernels": ["dist/workerd/index.js", "dist/workerd/kernels.simd.wasm"],
};

for (const [name, files] of Object.entries(bundles)) {
  const contents = files.map((file) => readFileSync(file));
  const bytes = contents.reduce((sum, content) => sum + content.length, 0);
  const gzipped = contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0);
  const kilobytes = (count) => `${(count / 1024).toFixed(1)} KB`;
  console.log(`${name}: ${kilobytes(bytes)}, ${kilobytes(gzipped)} gzipped of ${kilobytes(LIMIT)} allowed`);
  if (gzipped > LIMIT) process.exitCode = 1;
}
