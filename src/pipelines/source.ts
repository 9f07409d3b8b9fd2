import { InputError, ModelFileError } from "../errors.ts";
import { type ByteReader, MemoryReader, StreamReader } from "../model/byte-reader.ts";

/** Anything with a stream of bytes for a body: a `Response`, an object of Cloudflare R2. */
export interface HasBody {
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Where a model comes from. A string is a URL, or in Node a path too. */
export type ModelSource = string | URL | HasBody | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array;

/** Opens a source; what a string means depends on the platform. */
export type OpenSource = (source: ModelSource) => Promise<ByteReader>;

/** Opens every source that all platforms know. Fetches what the user named and nothing else. */
export const openSource: OpenSource = async (source) => {
  if (typeof source === "string" || source instanceof URL) return openUrl(source);
  if (source instanceof Uint8Array) return new MemoryReader(source, "bytes");
  if (source instanceof ArrayBuffer) return new MemoryReader(new Uint8Array(source), "bytes");
  if (source instanceof ReadableStream) return new StreamReader(source, "stream");
  if (typeof source === "object" && source !== null && "body" in source) return openBody(source, "response");
  throw new InputError(
    "bad-option",
    `a model's source must be a path, URL, Response, stream or bytes, not ${source === null ? "null" : typeof source}`,
  );
};

async function openUrl(url: string | URL): Promise<ByteReader> {
  const name = String(url);
  refuseHubId(name);
  const response = await fetch(url).catch((error) => {
    throw new ModelFileError("unreadable", name, `could not be fetched: ${error.cause ?? error}`);
  });
  return openBody(response, name);
}

function openBody(source: HasBody, fallbackName: string): ByteReader {
  const { ok, status, url } = source as Partial<Response>;
  const name = url || fallbackName;
  if (ok === false) throw new ModelFileError("unreadable", name, `the server answered ${status}`);
  if (!(source.body instanceof ReadableStream)) {
    throw new ModelFileError("unreadable", name, "there is no body to read, or it was read already");
  }
  if (source.body.locked) throw new ModelFileError("unreadable", name, "its body is being read already");
  return new StreamReader(source.body, name);
}

/** Hugging Face's ids are a habit; here nothing is downloaded unasked, so say what to do instead. */
export function refuseHubId(name: string): void {
  if (/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(name) && !name.endsWith(".safetensors")) {
    throw new InputError(
      "bad-option",
      `"${name}" looks like an id of the Hugging Face Hub. Download that checkpoint, turn it into one file with ` +
        `"electra-edge convert DIRECTORY -o model.safetensors", and give the file's path or URL`,
    );
  }
}
