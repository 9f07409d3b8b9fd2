// Run by heads.py: converts the directory that it is given, holds the model's numbers against those beside it, exports
// the model, and converts that. Prints what came of it as JSON.
//
//   node test/parity/round-trip.ts DIRECTORY OUT [TEXT …]

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { exportHuggingFace } from "../../src/convert/hugging-face/export.ts";
import { convertDirectory } from "../../src/convert/index.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { createTokenizer } from "../../src/text/tokenizer.ts";
import { parseTokenizerConfig } from "../../src/text/tokenizer-config.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { runTexts } from "../model/run-texts.ts";
import { readFixture } from "../reference/encoder-fixtures.ts";
import { relativeError } from "../reference/math.ts";

const [directory, out, ...texts] = process.argv.slice(2) as [string, string, ...string[]];
const [there, back] = [join(out, "there.safetensors"), join(out, "back.safetensors")];
const { metadata } = await convertDirectory(directory, there, { dtype: "f32" });
await exportHuggingFace(there, join(out, "exported"));
await convertDirectory(join(out, "exported"), back);
const bytes = await readFile(there);

const { batches } = readFixture(pathToFileURL(`${resolve(directory)}/`));
const model = await loadModel(await kernelModule("simd"), new MemoryReader(bytes, there), metadata.task);
const worst = { lastHiddenState: 0, scores: 0 };
for (const text of batches.flat()) {
  const [outcome] = await runTexts(model, [text]);
  for (const key of ["lastHiddenState", "scores"] as const) {
    worst[key] = Math.max(worst[key], relativeError(outcome![key], text[key]));
  }
}

const tokenizer = createTokenizer(parseTokenizerConfig(metadata.tokenizer, there));
const encodings = texts.map((text) => {
  const { ids, start, end } = tokenizer.encode(text);
  return { ids: [...ids], start: [...start], end: [...end] };
});
console.log(JSON.stringify({ ...worst, same: (await readFile(back)).equals(bytes), encodings }));
