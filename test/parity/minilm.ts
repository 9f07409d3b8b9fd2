// What test/parity/minilm.py calls, with a Hugging Face directory that has transformers' embeddings in reference.json.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { convertDirectory } from "../../src/convert/index.ts";
import { pipeline } from "../../src/index.node.ts";

const LARGEST_DIFFERENCE = 1e-4;
/**
 * A letter alone, or nothing, is a text that the model was never taught, and the seven bits that activations have on relaxed
 * SIMD come less near there. The sixteen of plain SIMD do not: the weights are not what is lost.
 */
const LEAST_COSINES = { simd: { sentences: 0.99, scraps: 0.99 }, relaxed: { sentences: 0.99, scraps: 0.97 } };

const directory = process.argv[2]!;
const reference: { text: string; embedding: number[] }[] = JSON.parse(
  await readFile(join(directory, "reference.json"), "utf8"),
);

const files = { f32: "", int8: "" };
for (const dtype of ["f32", "int8"] as const) {
  files[dtype] = join(directory, `${dtype}.model.safetensors`);
  await convertDirectory(directory, files[dtype], { dtype });
}
for (const [dtype, kernels] of [
  ["f32", "simd"],
  ["int8", "simd"],
  ["int8", "relaxed"],
] as const) {
  const extract = await pipeline("feature-extraction", files[dtype], { kernels });
  let largest = 0;
  const least = { sentences: 1, scraps: 1 };
  for (const { text, embedding } of reference) {
    const { data } = await extract(text, { pooling: "mean", normalize: true });
    assert.equal(data.length, embedding.length);
    const cosine = embedding.reduce((sum, value, i) => sum + value * data[i]!, 0);
    const difference = Math.max(...embedding.map((value, i) => Math.abs(value - data[i]!)));
    largest = Math.max(largest, difference);
    const kind = text.length > 1 ? "sentences" : "scraps";
    least[kind] = Math.min(least[kind], cosine);
  }
  extract.dispose();
  const cosines = `${least.sentences.toFixed(5)}, of scraps ${least.scraps.toFixed(5)}`;
  console.log(
    `${dtype}, ${kernels}: largest difference ${largest.toExponential(1)}, least cosine of sentences ${cosines}`,
  );
  if (dtype === "f32") assert.ok(largest <= LARGEST_DIFFERENCE);
  for (const kind of ["sentences", "scraps"] as const) {
    assert.ok(least[kind] >= LEAST_COSINES[kernels][kind], kind);
  }
}
