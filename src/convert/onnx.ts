import { ConvertError, InputError } from "../errors.ts";
import { encodeModelMetadata, type ModelFile, parseModelFile } from "../model/model-file.ts";
import { crfParameters, TIED_LM_HEAD } from "../model/parameters.ts";
import { checkByteLength, parseHeader, readHeaderLength } from "../model/safetensors.ts";
import { writeFileAtomically } from "./atomic-write.ts";
import { BinaryFile } from "./binary-file.ts";
import { convertFloats } from "./floats.ts";
import { OnnxElectra, type ReadTensor } from "./onnx-electra.ts";
import { OnnxGraph } from "./onnx-graph.ts";
import { floatWeights, int8Weights } from "./onnx-weights.ts";

export interface OnnxOptions {
  /**
   * How the graph computes: `fp32` (default), or `int8`, with weights quantized now and activations at each run, as
   * onnxruntime's `quantize_dynamic` does it. The model file's own storage plays no part.
   */
  readonly dtype?: "fp32" | "int8";
}

const WEIGHTS = { fp32: floatWeights, int8: int8Weights };

/** An ONNX file is one protobuf message, and these end here. */
const PROTOBUF_LIMIT = 2 ** 31 - 1;

/**
 * Writes a model as an ONNX file. Its graph takes `input_ids`, `attention_mask` and `token_type_ids`, int64
 * [batch, tokens] each, and gives what transformers' model for the task gives. A CRF is no part of the graph: its
 * tensors lie in the file under their names, and what the model file says of the model is in `metadata_props`.
 *
 * @param modelFile a path
 * @param outFile written whole by rename; on any error nothing is left
 * @returns what the model file says, and the bytes written
 * @throws {ModelFileError | ConvertError} naming the file, and the tensor where one is at fault
 * @throws {InputError} `bad-option`
 */
export async function exportOnnx(
  modelFile: string,
  outFile: string,
  { dtype = "fp32" }: OnnxOptions = {},
): Promise<{ readonly model: ModelFile; readonly byteLength: number }> {
  if (!Object.hasOwn(WEIGHTS, dtype)) {
    throw new InputError("bad-option", `dtype must be "fp32" or "int8", not ${JSON.stringify(dtype)}`);
  }
  const file = await BinaryFile.open(modelFile);
  try {
    const model = await readModel(file);
    const { task, config, labels, crf } = model.metadata;
    const read = tensorReader(file, model);
    const graph = new OnnxGraph();
    await new OnnxElectra(graph, config, WEIGHTS[dtype], read).build(task, labels.length);
    for (const { name, shape } of crf === undefined ? [] : crfParameters(labels.length)) {
      graph.initializer(name, "float", shape, await read(name));
    }
    const { format: _, ...metadata } = encodeModelMetadata(model.metadata);
    if (graph.byteLength > PROTOBUF_LIMIT) {
      const detail = `its weights of ${graph.byteLength} bytes don't fit in an ONNX file of at most ${PROTOBUF_LIMIT}`;
      throw new ConvertError("unsupported", modelFile, detail);
    }
    const bytes = graph.encode("electra", metadata);
    await writeFileAtomically(outFile, one(bytes));
    return { model, byteLength: bytes.length };
  } finally {
    await file.close();
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function readModel(file: BinaryFile): Promise<ModelFile> {
  const length = readHeaderLength(await file.read(0, Math.min(8, file.size)), file.path);
  const header = parseHeader(await file.read(8, length), file.path);
  checkByteLength(header, file.size, file.path);
  return parseModelFile(header, file.path);
}

function tensorReader(file: BinaryFile, { tensors }: ModelFile): ReadTensor {
  return async (name) => {
    const tied = name === TIED_LM_HEAD && !tensors.has(name);
    const { dtype, begin, end } = tensors.get(tied ? "electra.embeddings.word_embeddings.weight" : name)!;
    const bytes = convertFloats(await file.read(begin, end - begin), dtype, "F32", doesNotFit);
    return new Float32Array(bytes.buffer as ArrayBuffer);
  };
}

/** A model file holds nothing wider than float32, so that this can't happen. */
function doesNotFit(value: number): never {
  throw new RangeError(`${value} does not fit float32`);
}
