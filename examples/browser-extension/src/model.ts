import { pipeline, type TokenClassificationPipeline } from "electra-edge";
import type { ModelDescription } from "./messages.ts";
import { ownModel } from "./own-model.ts";

/** In the extension's package; `build.mjs` puts it there. */
const BUNDLED = "model.safetensors";

export interface LoadedModel {
  readonly tag: TokenClassificationPipeline;
  readonly description: ModelDescription;
}

/** @throws {Error} where the file is no model that finds entities */
export async function openModel(file: File | undefined): Promise<LoadedModel> {
  const tag = await pipeline("token-classification", file?.stream() ?? BUNDLED, { threads: "auto" });
  const { labels } = tag.model.metadata;
  const types = new Set(
    labels.filter((label) => label !== "O").map((label) => label.replace(/^[BIESM]-/, "")),
  );
  const { threads, memoryBytes } = tag;
  return { tag, description: { file: file?.name, types: [...types], threads, memoryBytes } };
}

let loading: Promise<LoadedModel> | undefined;

/** The user's own model or else the bundled one, loaded once. A load that failed is forgotten. */
export function currentModel(): Promise<LoadedModel> {
  if (loading === undefined) {
    const started = ownModel().then(openModel);
    started.catch(() => {
      if (loading === started) loading = undefined;
    });
    loading = started;
  }
  return loading;
}

/** Has the next question load the model anew. */
export async function dropModel(): Promise<void> {
  const dropped = loading;
  loading = undefined;
  (await dropped?.catch(() => undefined))?.tag.dispose();
}
