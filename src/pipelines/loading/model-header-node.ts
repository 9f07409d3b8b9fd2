import type { ModelFile } from "../../model/file/model-file.ts";
import { readModelFile } from "../../model/load-model.ts";
import { openSourceOrPath } from "./source-node.ts";

/** Reads a model's description and nothing more, however large the file is. */
export async function readHeader(source: string): Promise<ModelFile> {
  const reader = await openSourceOrPath(source);
  try {
    return await readModelFile(reader);
  } finally {
    await reader.close();
  }
}
