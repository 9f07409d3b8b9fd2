import { InputError, ModelFileError } from "../../errors.ts";
import { type ByteReader, MemoryReader, StreamReader } from "../../model/file/byte-reader.ts";

/** Anything with a stream of bytes for a body: a `Response`, an object of Cloudflare R2. */
export interface HasBody {
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Where a model comes from. A string is a URL, or in Node a path too. */
export type ModelSource = string | URL | HasBody | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array;

/** Opens a source; what a string means depends on the platform. The signal stops the opening alone, not the reading. */
export type OpenSource = (source: ModelSource, signal?: AbortSignal) => Promise<ByteReader>;

/** Opens every source that all platforms know. Fetches what the user named and nothing else. */
export const openSource: OpenSource = async (source, signal) => {
  if (typeof source === "string" || source instanceof URL) {
    refuseHubId(String(source));
    return readBody(await fetchModel(source, signal), String(source));
  }
  if (source instanceof Uint8Array) return new MemoryReader(source, "bytes");
  if (source instanceof ArrayBuffer) return new MemoryReader(new Uint8Array(source), "bytes");
  if (source instanceof ReadableStream) return readBody({ body: source }, "stream");
  if (typeof source === "object" && source !== null && "body" in source) return readBody(source, "response");
  throw new InputError(
    "bad-option",
    `a model's source must be a path, URL, Response, stream or bytes, not ${source === null ? "null" : typeof source}`,
  );
};

/**
 * Fetches a URL. The model's `integrity` is checked elsewhere: `fetch` would hold the whole body back until it had seen its end.
 *
 * @throws {ModelFileError} `unreadable`; where the signal aborted, its reason instead
 */
export async function fetchModel(
  url: string | URL,
  signal: AbortSignal | undefined,
  init?: RequestInit,
): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: signal ?? null });
  } catch (error) {
    signal?.throwIfAborted();
    const cause = (error as Error).cause ?? error;
    throw new ModelFileError("unreadable", String(url), `could not be fetched: ${cause}`);
  }
}

/**
 * Finds what there is to read, and nobody reads yet.
 *
 * @param fallbackName for a body that doesn't say where it is from
 * @throws {ModelFileError} `unreadable`
 */
export function bodyOf(
  source: HasBody,
  fallbackName: string,
): { name: string; body: ReadableStream<Uint8Array> } {
  const { ok, status, url } = source as Partial<Response>;
  const name = url || fallbackName;
  if (ok === false) throw new ModelFileError("unreadable", name, `the server answered ${status}`);
  if (!(source.body instanceof ReadableStream)) {
    throw new ModelFileError("unreadable", name, "there is no body to read, or it was read already");
  }
  if (source.body.locked) throw new ModelFileError("unreadable", name, "its body is being read already");
  return { name, body: source.body };
}

export function readBody(source: HasBody, fallbackName: string): ByteReader {
  const { name, body } = bodyOf(source, fallbackName);
  return new StreamReader(body, name);
}

/** Hugging Face's ids are a habit; here nothing is downloaded unasked, so say what to do instead. */
export function refuseHubId(name: string): void {
  if (/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(name) && !name.endsWith(".safetensors")) {
    throw new InputError(
      "bad-option",
      `"${name}" looks like an id of the Hugging Face Hub. Download that checkpoint, and give the file that ` +
        `"electra-edge convert DIRECTORY -o FILE" makes of it`,
    );
  }
}
