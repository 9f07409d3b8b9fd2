import { pipeline, type TokenClassificationPipeline } from "electra-edge";
import type { Env } from "./env.ts";
import { modelUnavailable } from "./errors.ts";
import { MAX_LOADING_TIME } from "./limits.ts";

/** Kept as long as the platform keeps the isolate. */
let model: TokenClassificationPipeline | undefined;
let loading: Promise<TokenClassificationPipeline> | undefined;

/**
 * The isolate's model. It is loaded once, by the first request; those that come meanwhile wait for the same load. One that
 * failed is forgotten, and the next request tries again.
 *
 * @throws {RequestError} 503
 */
export async function loadedModel(env: Env, context: ExecutionContext): Promise<TokenClassificationPipeline> {
  if (model !== undefined) return model;
  if (loading === undefined) {
    const started = load(env);
    loading = started;
    const settled = started.then(
      (loaded) => {
        model = loaded;
      },
      () => forget(started),
    );
    // The stream belongs to this request. Were it to end with it, as when the client hangs up, the others would wait forever.
    context.waitUntil(settled);
  }
  return withinTime(loading);
}

async function load(env: Env): Promise<TokenClassificationPipeline> {
  const source = await openModel(env);
  const options = env.MODEL_INTEGRITY === undefined ? {} : { integrity: env.MODEL_INTEGRITY };
  return pipeline("token-classification", source, options);
}

/** A body that streams: the file is never held, its tensors go to the wasm memory as they arrive. */
async function openModel({ MODELS, ASSETS, MODEL }: Env) {
  if (MODELS !== undefined) {
    const object = await MODELS.get(MODEL);
    if (object === null) throw modelUnavailable("the bucket of models lacks the model");
    return object;
  }
  if (ASSETS === undefined) throw modelUnavailable("neither MODELS nor ASSETS is bound");
  return ASSETS.fetch(`https://assets.local/${MODEL}`);
}

function forget(failed: Promise<TokenClassificationPipeline>): void {
  if (loading === failed) loading = undefined;
}

/** Each request has a timer of its own: the platform may have ended the one that loads, and its timers with it. */
async function withinTime(
  waited: Promise<TokenClassificationPipeline>,
): Promise<TokenClassificationPipeline> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      forget(waited);
      reject(modelUnavailable("the model was not loaded in time"));
    }, MAX_LOADING_TIME);
  });
  try {
    return await Promise.race([waited, late]);
  } finally {
    clearTimeout(timer);
  }
}
