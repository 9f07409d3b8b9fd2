import { packSequences } from "../../src/model/batch.ts";
import { parseTokenizer } from "../../src/text/tokenizer.ts";
import { layWindows } from "../../src/text/windows.ts";
import { loadRandomModel, type RandomModelOptions, randomModel } from "../model/random-model.ts";

/** Each token's scores as `docs/long-texts.md` says they come about, in plain loops. */
export async function mergedScores(
  options: RandomModelOptions,
  text: string,
  max_length: number,
  stride: number,
) {
  const model = await loadRandomModel(options);
  const labels = model.head.width;
  const { encode, encodeParts } = parseTokenizer(model.file.metadata.tokenizer, "random model");
  const tokens = encode(text).ids.length;
  const sums = new Float64Array(tokens * labels);
  const weights = new Float64Array(tokens);
  for (const window of layWindows(text, encodeParts(text), [2, 3], { max_length, stride })) {
    await model.run(packSequences([window.ids]));
    const rows = window.ids.length;
    const logits = model.machine.floats(model.head.output, rows * labels);
    for (let row = window.first === 0 ? 0 : 1; row < (window.last ? rows : rows - 1); row++) {
      const left = window.opens ? rows : row;
      const right = window.closes ? rows : rows - 1 - row;
      const weight = Math.max(1, Math.min(left, right));
      weights[window.first + row]! += weight;
      for (let label = 0; label < labels; label++) {
        sums[(window.first + row) * labels + label]! += weight * logits[row * labels + label]!;
      }
    }
  }
  return sums.map((sum, i) => sum / weights[Math.floor(i / labels)]!);
}

export async function crfOf(options: RandomModelOptions) {
  const { file } = await loadRandomModel(options);
  const bytes = randomModel(options);
  const read = (name: string) => {
    const { begin, end } = file.tensors.get(`crf.${name}`)!;
    return new Float32Array(bytes.slice(begin, end).buffer);
  };
  return { start: read("start_transitions"), transitions: read("transitions"), end: read("end_transitions") };
}
