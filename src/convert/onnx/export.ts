import { ConvertError, InputError } from "../../errors.ts";
import { familyOf, isRotary } from "../../model/config.ts";
import { encodeModelMetadata, type ModelFile } from "../../model/file/model-file.ts";
import { crfParameters, TIED_LM_HEAD } from "../../model/parameters.ts";
import { writeFileAtomically } from "../atomic-write.ts";
import { openModelFile } from "../checkpoint.ts";
import { readValues } from "../model-values.ts";
import { OnnxElectra } from "./electra-graph.ts";
import { PROTOBUF_LIMIT } from "./fields.ts";
import { OnnxGraph } from "./graph.ts";
import { floatWeights, int8Weights } from "./weights.ts";

export interface OnnxOptions {
  /**
   * How the graph computes: `fp32` (default), or `int8`, with weights quantized now and activations at each run, as
   * onnxruntime's `quantize_dynamic` does it. The model file's own storage plays no part.
   */
  readonly dtype?: "fp32" | "int8";
}

const WEIGHTS = { fp32: floatWeights, int8: int8Weights };

/** What stands in for {@link TIED_LM_HEAD}. */
const WORD_EMBEDDINGS = "electra.embeddings.word_embeddings.weight";

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
  const open = await openModelFile(modelFile);
  try {
    const model = open.file;
    const { task, config, labels, crf, gru } = model.metadata;
    if (gru !== undefined) throw new ConvertError("unsupported", modelFile, "recurrent layers in a graph");
    if (config.hidden_act !== "gelu" || familyOf(config) !== "electra" || isRotary(config)) {
      throw new ConvertError("unsupported", modelFile, "other families' encoders and activations in a graph");
    }
    const read = (name: string) => {
      const tied = name === TIED_LM_HEAD && !model.parameters.has(name);
      return readValues(open, model.parameters.get(tied ? WORD_EMBEDDINGS : name)!);
    };
    const graph = new OnnxGraph();
    await new OnnxElectra(graph, config, WEIGHTS[dtype], read).build(task, labels.length);
    for (const { name, shape } of crf === undefined ? [] : crfParameters(labels.length)) {
      graph.initializer(name, "float", shape, await read(name));
    }
    const { format, quantization_error, ...metadata } = encodeModelMetadata(model.metadata);
    if (graph.byteLength > PROTOBUF_LIMIT) {
      const detail = `its weights of ${graph.byteLength} bytes don't fit in an ONNX file of at most ${PROTOBUF_LIMIT}`;
      throw new ConvertError("unsupported", modelFile, detail);
    }
    const bytes = graph.encode("electra", metadata);
    await writeFileAtomically(outFile, [bytes]);
    return { model, byteLength: bytes.length };
  } finally {
    await open.close();
  }
}
