import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  type FeatureExtractionOptions,
  type FeatureExtractionPipeline,
  type Features,
  type FeatureTensor,
  pipeline,
} from "../../src/index.node.ts";
import { assertClose, convertHead, golden } from "./heads.ts";

const { text, pair } = golden.texts;
const expected = golden["feature-extraction"];
const HIDDEN = 64;
const last: number[][] = expected.last_hidden_state[0];

/** As transformers nests it. */
function nested({ dims, data }: FeatureTensor): unknown {
  assert.ok(data instanceof Float32Array);
  assert.equal(
    data.length,
    dims.reduce((product, size) => product * size, 1),
  );
  const nest = (axis: number, from: number, length: number): unknown => {
    if (axis === dims.length) return data[from];
    const step = length / dims[axis]!;
    return Array.from({ length: dims[axis]! }, (_, i) => nest(axis + 1, from + i * step, step));
  };
  return nest(0, 0, data.length);
}

const unit = (vector: readonly number[]) => vector.map((value) => value / Math.hypot(...vector));

describe("feature-extraction, as ElectraModel", () => {
  let extract: FeatureExtractionPipeline;
  before(async () => {
    extract = await pipeline("feature-extraction", await convertHead("token-classification"));
  });

  test("gives a vector for each token, from a file that is for another task", async () => {
    assert.equal(extract.model.metadata.task, "token-classification");
    const features = await extract(pair);
    assert.equal(features.type, "float32");
    assert.deepEqual(Object.keys(features).sort(), ["data", "dims", "type"]);
    assertClose(nested(features), expected.last_hidden_state);
  });

  test("pools them, and gives them length one", async () => {
    const mean = last[0]!.map((_, i) => last.reduce((sum, row) => sum + row[i]!, 0) / last.length);
    assertClose(nested(await extract(pair, { pooling: "cls" })), [last[0]]);
    assertClose(nested(await extract(pair, { pooling: "mean" })), [mean]);
    assertClose(nested(await extract(pair, { pooling: "mean", normalize: true })), [unit(mean)]);
    assertClose(nested(await extract(pair, { normalize: true })), [last.map(unit)]);
  });

  test("gives an array's vectors as one tensor, or without pooling one for each text", async () => {
    const texts = [text, pair, "", text.repeat(4), pair];
    const single: Features[] = [];
    const pooled: Features[] = [];
    for (const each of texts) {
      single.push(await extract(each));
      pooled.push(await extract(each, { pooling: "mean" }));
    }
    assert.deepEqual(await extract(texts), single);
    const all = await extract(texts, { pooling: "mean" });
    assert.deepEqual(all.dims, [texts.length, HIDDEN]);
    assert.deepEqual(
      [...all.data],
      pooled.flatMap(({ data }) => [...data]),
    );
    assert.deepEqual((await extract([], { pooling: "cls" })).dims, [0, 0]);
  });

  test("shows hidden states and attentions where they are asked for, packed with others too", async () => {
    const options = { output_hidden_states: true, output_attentions: true } as const;
    const assertShown = (features: Features) => {
      assertClose(features.hidden_states!.map(nested), expected.hidden_states);
      assertClose(features.attentions!.map(nested), expected.attentions);
      assertClose(nested(features), expected.last_hidden_state);
    };
    assertShown(await extract(pair, options));
    const memory = extract.memoryBytes;
    const [, second] = (await extract([text, pair, text], options)) as Features[];
    assertShown(second!);
    assert.equal(extract.memoryBytes, memory);
    const pooled = await extract(pair, { pooling: "cls", output_attentions: true });
    assert.equal(pooled.hidden_states, undefined);
    assert.deepEqual(
      pooled.attentions!.map(({ dims }) => dims),
      [
        [1, 4, last.length, last.length],
        [1, 4, last.length, last.length],
      ],
    );
    const threads = await pipeline("feature-extraction", await convertHead("token-classification"), {
      threads: 2,
    });
    assertShown(await threads(pair, options));
    assertClose(nested(await threads(pair)), expected.last_hidden_state);
    threads.dispose();
  });

  test("leaves the head's weights out of memory", async () => {
    const bytes = await convertHead("masked-lm");
    const encoder = await pipeline("feature-extraction", bytes);
    const generator = await pipeline("fill-mask", bytes);
    assert.ok(encoder.memoryBytes < generator.memoryBytes);
  });

  test("refuses options that it does not know", async () => {
    for (const options of [{ pooling: "max" }, { normalize: 1 }, { output_attentions: "yes" }]) {
      const bad = options as unknown as FeatureExtractionOptions;
      await assert.rejects(extract(pair, bad), { code: "bad-option" });
    }
  });
});
