/** What `wrangler.jsonc` or `wrangler.bulk.jsonc` binds, and secrets. */
export interface Env {
  readonly ASSETS?: Fetcher;
  /** The model's file, in `MODELS` where that is bound, else among the static assets. */
  readonly MODEL: string;
  /** The SHA-256 that the model's file must have. */
  readonly MODEL_INTEGRITY?: string;
  readonly MODELS?: R2Bucket;
  /** A secret. Where there is none, anybody may ask for entities, and nobody for bulk annotation. */
  readonly API_TOKEN?: string;
  readonly TEXTS?: R2Bucket;
  readonly ENTITIES?: R2Bucket;
  readonly QUEUE?: Queue<ObjectEvent>;
}

/** The part that is used of what R2 says of an object. */
export interface ObjectEvent {
  readonly action: string;
  readonly object: { readonly key: string; readonly eTag?: string };
}
