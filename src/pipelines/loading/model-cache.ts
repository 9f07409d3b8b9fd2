import { InputError, ModelFileError } from "../../errors.ts";
import { type ByteReader, StreamReader } from "../../model/file/byte-reader.ts";
import { bodyOf, fetchModel, type ModelSource, readBody, refuseHubId } from "./source.ts";

export interface CacheOptions {
  /** The cache's name, or `true` for "electra-edge". */
  readonly cache: string | true;
  /** The file's SHA-256 if one is asked for; an entry that was checked against another is out of date. */
  readonly integrity: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens the model at a URL, from the cache where it is there, and hands it to `load`.
 *
 * @param load reads the whole file, checks it and throws where anything is wrong; it closes the reader
 */
export type LoadThroughCache = <T>(
  source: ModelSource,
  options: CacheOptions,
  load: (reader: ByteReader) => Promise<T>,
) => Promise<T>;

/** The response header in which an entry keeps the SHA-256 that it was checked against. */
const INTEGRITY_HEADER = "electra-edge-integrity";

/**
 * Loads through the browser's Cache API. A copy is kept only once `load` has found the file whole and right; a copy
 * that is found to be neither is fetched anew, once. Where there is no cache, or no room in it, the model loads all the
 * same and is not kept.
 */
export const loadThroughCache: LoadThroughCache = async (source, options, load) => {
  const { cache: cacheName, integrity, signal } = options;
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new InputError(
      "bad-option",
      "cache needs the model's URL for a source: what is open already is not kept",
    );
  }
  refuseHubId(String(source));
  const url = resolve(source);
  const cache = await openCache(cacheName, url);

  const kept = await cache?.match(url).catch(() => undefined);
  if (kept !== undefined && isCurrent(kept, integrity)) {
    try {
      return await load(readBody(kept, url));
    } catch (error) {
      if (!(error instanceof ModelFileError)) throw error;
      await cache?.delete(url).catch(() => false);
    }
  }

  // What was wrong with the copy may be wrong with the one in the browser's other cache, that of HTTP, too.
  const response = await fetchModel(url, signal, kept && { cache: "reload" });
  const { name, body } = bodyOf(response, url);
  if (cache === undefined) return load(new StreamReader(body, name));
  const copy = new Copy(cache, url, integrity);
  try {
    const model = await load(new StreamReader(body.pipeThrough(copy.taking()), name));
    await copy.keep();
    return model;
  } catch (error) {
    copy.drop();
    throw error;
  }
};

/** As `fetch` would resolve it; what it can't resolve is left for it to refuse. */
function resolve(url: string | URL): string {
  try {
    return new Request(url).url;
  } catch {
    return String(url);
  }
}

/** Undefined where the page may have no cache (no secure context, private windows, frames without an origin). */
async function openCache(name: string | true, url: string): Promise<Cache | undefined> {
  if (!/^https?:/.test(url)) return undefined;
  try {
    return await globalThis.caches?.open(name === true ? "electra-edge" : name);
  } catch {
    return undefined;
  }
}

function isCurrent(kept: Response, integrity: string | undefined): boolean {
  const checked = kept.headers.get(INTEGRITY_HEADER);
  return checked === null || integrity === undefined || checked === integrity;
}

/**
 * A copy on its way into the cache: the platform stores a response when its body ends, so this one ends only after the
 * model has proved right, and nothing is left of one that breaks off.
 */
class Copy {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  /** Settles when the cache has stored the copy or has given up on it; never rejects. */
  readonly #put: Promise<void>;

  constructor(cache: Cache, url: string, integrity: string | undefined) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.#writer = writable.getWriter();
    const headers = new Headers({ "content-type": "application/octet-stream" });
    if (integrity !== undefined) headers.set(INTEGRITY_HEADER, integrity);
    this.#put = cache.put(url, new Response(readable, { headers })).catch(() => {});
  }

  /** Passes a stream on, and writes it here as it goes by. */
  taking(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: async (chunk, controller) => {
        await this.#settled(this.#writer.write(chunk));
        controller.enqueue(chunk);
      },
    });
  }

  async keep(): Promise<void> {
    await this.#settled(this.#writer.close());
    await this.#put;
  }

  drop(): void {
    this.#writer.abort().catch(() => {});
  }

  /** A cache that is out of room may stop reading without a word: once it has given up, nothing waits for it. */
  async #settled(writing: Promise<void>): Promise<void> {
    await Promise.race([writing.catch(() => {}), this.#put]);
  }
}
