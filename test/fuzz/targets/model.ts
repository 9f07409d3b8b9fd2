import { ElectraEdgeError } from "../../../src/errors.ts";
import type { ElectraConfig } from "../../../src/model/config.ts";
import { StreamReader } from "../../../src/model/file/byte-reader.ts";
import {
  encodeModelMetadata,
  type ModelMetadata,
  modelParameters,
} from "../../../src/model/file/model-file.ts";
import type { Dtype } from "../../../src/model/file/safetensors.ts";
import { serializeSafetensors } from "../../../src/model/file/safetensors-writer.ts";
import { isQuantized, type Storage, storedTensors } from "../../../src/model/file/storage.ts";
import { loadModel, readModelFile } from "../../../src/model/load-model.ts";
import { deserializeModel } from "../../../src/model/serialize-model.ts";
import { kernelModule } from "../../../src/wasm/module-inline.ts";
import type { Target } from "../target.ts";

const MODULE = await kernelModule("simd");

/** More than the seeds need; of what asks for more nothing is allocated. */
const MAX_MEMORY = 2 ** 20;

const CHUNK = 1024;

const CONFIG: ElectraConfig = {
  vocab_size: 2,
  embedding_size: 2,
  hidden_size: 2,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 1,
  hidden_act: "gelu",
  max_position_embeddings: 2,
  type_vocab_size: 1,
  layer_norm_eps: 1e-12,
};

/** One element of each type: 1, but a group scale of 17. */
const ELEMENTS: Partial<Readonly<Record<Dtype, readonly number[]>>> = {
  F32: [0, 0, 0x80, 0x3f],
  F16: [0, 0x3c],
  I8: [1],
  U8: [0x11],
};

/** A whole model file whose values are all alike. */
function fileOf(storage: Storage, changes: Partial<ModelMetadata> = {}): Uint8Array {
  const metadata: ModelMetadata = {
    task: "token-classification",
    config: CONFIG,
    tokenizer: {},
    labels: ["O", "B-P"],
    scheme: {},
    crf: undefined,
    quantization_error: undefined,
    license: undefined,
    source: undefined,
    ...changes,
  };
  const { task, config, labels, crf, gru } = metadata;
  const parameters = modelParameters(config, task, labels.length, crf !== undefined, gru);
  const tensors = parameters.flatMap((parameter) => {
    const own = parameter.quantizable || !isQuantized(storage) ? storage : "f32";
    return storedTensors(parameter, own).map((tensor) => {
      const element = ELEMENTS[tensor.dtype]!;
      const elements = tensor.shape.reduce((product, size) => product * size, 1);
      return { ...tensor, data: Uint8Array.from(Array(elements).fill(element).flat()) };
    });
  });
  return new Uint8Array(Buffer.concat([...serializeSafetensors(encodeModelMetadata(metadata), tensors)]));
}

/** Infinity and NaN in float32, infinity in float16, and what int8, int4 and group scales can't have. */
const FORBIDDEN = [[0, 0, 0x80, 0x7f], [0, 0, 0xc0, 0x7f], [0, 0x7c], [0x80], [0x88]].map((bytes) =>
  Uint8Array.from(bytes),
);

const recurrent: Partial<ModelMetadata> = {
  config: { ...CONFIG, num_hidden_layers: 0, model_type: "embeddings" },
  gru: { hidden_size: 1, num_layers: 1 },
};

/** As a download brings it: in pieces, of a length that nobody knows before. */
function streamed(bytes: Uint8Array): StreamReader {
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, at + CHUNK));
      else controller.close();
      at += CHUNK;
    },
  });
  return new StreamReader(stream, "f");
}

async function load(bytes: Uint8Array): Promise<void> {
  const { metadata } = await readModelFile(streamed(bytes));
  await loadModel(MODULE, streamed(bytes), metadata.task, { maxMemory: MAX_MEMORY });
}

export const target: Target = {
  async parse(bytes) {
    const [loaded, deserialized] = await Promise.allSettled([load(bytes), deserializeModel(bytes, "f")]);
    const reasons = [loaded, deserialized].flatMap((each) => (each.status === "rejected" ? each.reason : []));
    const foreign = reasons.find((reason) => !(reason instanceof ElectraEdgeError));
    if (foreign !== undefined) throw foreign;
    const isLarge = reasons.some(({ code }) => code === "too-large" || code === "out-of-memory");
    if (reasons.length === 1 && !isLarge) {
      throw new Error("a model is loaded and yet not deserialized, or the other way round", {
        cause: reasons[0],
      });
    }
    if (reasons.length > 0) throw reasons[0];
  },
  seeds: () => [
    fileOf("f32", { crf: { tokens: "all" } }),
    fileOf("f16"),
    fileOf("int8", { crf: { tokens: "characters" } }),
    fileOf("int4"),
    fileOf("f32", recurrent),
    fileOf("int8", recurrent),
    fileOf("f16", { task: "question-answering", labels: [], scheme: undefined }),
  ],
  maxLength: 4600,
  memory: MAX_MEMORY,
  sources: [
    "src/model/load-model.ts",
    "src/model/weights.ts",
    "src/model/placement.ts",
    "src/model/file/model-values.ts",
    "src/model/file/int4.ts",
    "src/model/file/storage.ts",
    "src/model/file/byte-reader.ts",
  ],
  dictionary: [...FORBIDDEN, '"F16"', '"I8"', ".scale"],
};
