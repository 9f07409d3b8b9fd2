import { ConvertError } from "../../errors.ts";
import { familyOf, type ModelType } from "../../model/config.ts";
import type { ModelFile } from "../../model/file/model-file.ts";
import { ITEM_SIZE } from "../../model/file/safetensors.ts";
import { layoutSafetensors, type TensorDescription } from "../../model/file/safetensors-writer.ts";
import { isQuantized, type StoredParameter } from "../../model/file/storage.ts";
import { TIED_LM_HEAD } from "../../model/parameters.ts";
import { parseTokenizerConfig } from "../../text/tokenizer-config.ts";
import { writeFolderAtomically } from "../atomic-write.ts";
import { type OpenModelFile, openModelFile } from "../checkpoint.ts";
import { ARCHITECTURES } from "../families.ts";
import { POSITION_EMBEDDINGS } from "../fold-embeddings.ts";
import { product } from "../lazy-tensor.ts";
import { readValues } from "../model-values.ts";
import { familyNames } from "../tensor-names.ts";
import { configFields, specialTokensMap, tokenizerJson, tokenizerSettings } from "./files.ts";

export interface HuggingFaceOptions {
  /** Whether a folder that an earlier export wrote gives way. */
  readonly overwrite?: boolean;
}

/** A parameter under its family's name, with rows of zeros before its own. */
interface ExportedTensor extends TensorDescription {
  readonly parameter: StoredParameter;
  readonly emptyRows: number;
}

/**
 * Writes a model as a Hugging Face directory, which transformers loads and gives the same numbers with: weights as they
 * are stored, quantized ones as the float32 that they stand for; a CRF's tensors beside them under pytorch-crf's names,
 * which transformers passes over. Converting the directory gives the model file again.
 *
 * @param modelFile a path
 * @param folder written whole by rename; on any error nothing is left
 * @returns what the model file says, and the bytes of weights written
 * @throws {ModelFileError | ConvertError} naming the file, and the tensor where one is at fault
 */
export async function exportHuggingFace(
  modelFile: string,
  folder: string,
  { overwrite = false }: HuggingFaceOptions = {},
): Promise<{ readonly model: ModelFile; readonly byteLength: number }> {
  const open = await openModelFile(modelFile);
  try {
    const { metadata, parameters } = open.file;
    const { config, task } = metadata;
    const tokenizer = parseTokenizerConfig(metadata.tokenizer, modelFile);
    const modelType = familyOf(config);
    if (metadata.gru !== undefined) {
      throw new ConvertError("unsupported", modelFile, "transformers has no model with recurrent layers");
    }
    const architecture = architectureOf(open.file, modelType);
    // RoBERTa counts positions from the one after its padding token's id.
    const emptyRows = modelType === "roberta" ? tokenizer.vocab.indexOf(tokenizer.pad_token) + 1 : 0;
    const nameOf = familyNames({ modelType, task });
    const tensors = [...parameters.values()].map((parameter): ExportedTensor => {
      const { name, shape, storage } = parameter;
      const dtype = storage === "f16" ? "F16" : "F32";
      const own = { name: nameOf(name), dtype, parameter } as const;
      if (name !== POSITION_EMBEDDINGS) return { ...own, shape, emptyRows: 0 };
      const [rows, size] = shape as [number, number];
      return { ...own, shape: [rows + emptyRows, size], emptyRows };
    });

    const { prefix, order } = layoutSafetensors({ format: "pt" }, tensors);
    const tied = task !== "fill-mask" || !parameters.has(TIED_LM_HEAD);
    const positions = config.max_position_embeddings;
    const json = (value: unknown) => [`${JSON.stringify(value, undefined, 2)}\n`];
    const files = new Map<string, AsyncIterable<Uint8Array> | readonly string[]>([
      ["config.json", json(configFields(metadata, tokenizer, architecture, positions + emptyRows, tied))],
      ["tokenizer_config.json", json(tokenizerSettings(tokenizer, positions))],
      ["special_tokens_map.json", json(specialTokensMap(tokenizer))],
      ["tokenizer.json", json(tokenizerJson(tokenizer))],
      ["model.safetensors", weights(open, prefix, order)],
    ]);
    // For whom `tokenizer.json` is too new. A token that is a line's end can't be in it.
    if (!tokenizer.vocab.some((token) => /[\r\n]/.test(token))) {
      files.set("vocab.txt", [tokenizer.vocab.map((token) => `${token}\n`).join("")]);
    }
    await writeFolderAtomically(folder, files, overwrite);
    const byteLength = order.reduce((bytes, tensor) => bytes + byteLengthOf(tensor), prefix.length);
    return { model: open.file, byteLength };
  } finally {
    await open.close();
  }
}

/** transformers' name for the model's class. */
function architectureOf({ name, metadata: { task } }: ModelFile, modelType: ModelType): string {
  for (const [architecture, known] of ARCHITECTURES) {
    if (known.modelType === modelType && known.task === task) return architecture;
  }
  const detail = `transformers has no ${modelType} for ${task} that gives this model's numbers`;
  throw new ConvertError("unsupported", name, detail);
}

const byteLengthOf = ({ dtype, shape }: TensorDescription): number => product(shape) * ITEM_SIZE[dtype];

async function* weights(
  open: OpenModelFile,
  prefix: Uint8Array,
  order: readonly ExportedTensor[],
): AsyncGenerator<Uint8Array> {
  yield prefix;
  for (const { parameter, emptyRows, shape, dtype } of order) {
    yield new Uint8Array(emptyRows * product(shape.slice(1)) * ITEM_SIZE[dtype]);
    if (!isQuantized(parameter.storage)) {
      yield await open.tensors.get(parameter.name)!.read();
    } else {
      const { buffer, byteOffset, byteLength } = await readValues(open, parameter);
      yield new Uint8Array(buffer, byteOffset, byteLength);
    }
  }
}
