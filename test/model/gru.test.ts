import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { convertModelFile } from "../../src/convert/index.ts";
import { pipeline } from "../../src/index.node.ts";
import { packSequences } from "../../src/model/batch.ts";
import { parseConfig } from "../../src/model/config.ts";
import { MemoryReader } from "../../src/model/file/byte-reader.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { Model } from "../../src/model/model.ts";
import { deserializeModel } from "../../src/model/serialize-model.ts";
import { acceptsPath, KERNEL_PATHS, type KernelPath } from "../../src/wasm/kernel-path.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { failure } from "../convert/directories.ts";
import { gather } from "../reference/backward.ts";
import { type Checkpoint, readCheckpoint, values } from "../reference/checkpoint.ts";
import { electra } from "../reference/electra.ts";
import { bidirectionalGru } from "../reference/gru.ts";
import { tokenClassification } from "../reference/heads.ts";
import { relativeError } from "../reference/math.ts";
import { type RandomModelOptions, randomModel } from "./random-model.ts";

const WORDS = "electra.embeddings.word_embeddings.weight";

/** Of sizes that fill no vector and no panel. */
const BIGRU: RandomModelOptions = {
  config: parseConfig(
    { model_type: "embeddings", vocab_size: 37, embedding_size: 9, max_position_embeddings: 40 },
    "the test",
  ),
  gru: { hidden_size: 11, num_layers: 2 },
};
const ELECTRA_BIGRU: RandomModelOptions = { gru: { hidden_size: 7, num_layers: 1 } };
const MODELS = { bigru: BIGRU, "electra and bigru": ELECTRA_BIGRU };

const SEQUENCES = [[2, 7, 9, 30, 3], [2], [4, 4, 4], [2, 36, 5, 8, 13, 21, 34, 1, 3, 0, 6]].map((ids) =>
  Int32Array.from(ids),
);

/** The logits [tokens, labels] of the sequences in one batch. */
async function logitsOf(bytes: Uint8Array<ArrayBuffer>, path: KernelPath): Promise<Float32Array> {
  const reader = new MemoryReader(bytes, "random model");
  const model: Model<"token-classification"> = await loadModel(
    await kernelModule(path),
    reader,
    "token-classification",
  );
  const batch = packSequences(SEQUENCES);
  await model.run(batch);
  await model.run(batch); // what the first batch left must not matter
  const { output, width } = model.head;
  return model.machine.floats(output, batch.inputIds.length * width).slice();
}

/** The same in float64, a sequence at a time. */
function reference(checkpoint: Checkpoint, options: RandomModelOptions): Float64Array {
  const { config, gru } = options;
  const bare = config?.model_type === "embeddings";
  const logits = SEQUENCES.flatMap((ids) => {
    const words = () => gather(ids, values(checkpoint, WORDS), config!.embedding_size!);
    const x = bare ? words() : electra(checkpoint, CONFIG, ids, new Int32Array(ids.length));
    return [...tokenClassification(checkpoint, bidirectionalGru(checkpoint, gru!.num_layers, x))];
  });
  return Float64Array.from(logits);
}

/** That of {@link randomModel}. */
const CONFIG = parseConfig(
  {
    vocab_size: 37,
    embedding_size: 12,
    hidden_size: 20,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 28,
    max_position_embeddings: 40,
    type_vocab_size: 2,
  },
  "the test",
);

describe("GRUs between encoder and head", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "electra-edge-gru-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [name, options] of Object.entries(MODELS)) {
    for (const path of KERNEL_PATHS) {
      test(`${name}: logits are the scalar network's, several sequences in a batch, ${path} kernels`, async (t) => {
        if (!acceptsPath(path)) return t.skip(`this engine does not take the ${path} kernels`);
        const file = join(folder, `${name}.safetensors`);
        await writeFile(file, randomModel(options));
        const error = relativeError(
          await logitsOf(randomModel(options), path),
          reference(readCheckpoint(file), options),
        );
        assert.ok(error < 2e-6, `relative error ${error}`);
      });
    }

    test(`${name}: threads share the sequences' directions, to the last bit`, async () => {
      const texts = ["张三 abc 省市", "a", "李四", "abcdefghijklmnopqrstuvwxyz", "b".repeat(38)];
      const alone = await pipeline("token-classification", randomModel(options));
      const expected = await alone(texts, { ignore_labels: [] });
      for (const threads of [2, 3]) {
        const tag = await pipeline("token-classification", randomModel(options), { threads });
        for (let round = 0; round < 5; round++) {
          assert.deepEqual(await tag(texts, { ignore_labels: [] }), expected);
        }
        tag.dispose();
      }
    });

    for (const dtype of ["int8", "int4"] as const) {
      test(`${name}: in ${dtype} what h is multiplied with stays float, and logits stay near`, async () => {
        const [source, out] = [join(folder, "source.safetensors"), join(folder, `${dtype}.safetensors`)];
        await writeFile(source, randomModel(options));
        const { parameters } = await convertModelFile(source, out, { dtype });
        assert.equal(parameters.get("gru.weight_hh_l0_reverse")!.storage, "f32");
        assert.equal(parameters.get("gru.weight_ih_l0")!.storage, "int8");
        const bytes = Uint8Array.from(await readFile(out));
        const { weights } = await deserializeModel(bytes, out);
        // The reference takes what the integers stand for: what is left is the rounding of activations.
        const quantized = new Map(
          [...weights].map(([name, values]) => [
            name,
            { shape: parameters.get(name)!.shape, values: Float64Array.from(values) },
          ]),
        );
        const error = relativeError(await logitsOf(bytes, "simd"), reference(quantized, options));
        assert.ok(error < 0.03, `relative error ${error}`);
      });
    }
  }

  test("a file that tells of a GRU which can't be is refused, with what was expected", async () => {
    const refuse = (metadata: Record<string, string>, ...error: [code: string, ...parts: string[]]) =>
      assert.rejects(
        async () => {
          const reader = new MemoryReader(randomModel({ ...BIGRU, metadata }), "m.safetensors");
          await loadModel(await kernelModule("simd"), reader, "token-classification");
        },
        failure(...error),
      );
    await refuse({ gru: "[]" }, "config-malformed", "gru: expected a JSON object");
    await refuse({ gru: '{"hidden_size":11}' }, "config-malformed", '"num_layers" must be', "1 to 16");
    await refuse({ gru: '{"hidden_size":0,"num_layers":2}' }, "config-malformed", '"hidden_size"', "not 0");
    await refuse({ gru: '{"hidden_size":11,"num_layers":3}' }, "tensor-missing", "gru.weight_ih_l2");
    await refuse({ gru: '{"hidden_size":12,"num_layers":2}' }, "tensor-shape", "gru.weight_ih_l0");
    const other = { task: JSON.stringify("fill-mask"), labels: "[]" };
    await refuse(other, "metadata-malformed", '"gru"', "token-classification alone", "fill-mask");
    const config = JSON.stringify({ model_type: "embeddings", vocab_size: 37, embedding_size: 9 });
    await refuse({ config }, "config-malformed", '"max_position_embeddings" must be');
  });
});
