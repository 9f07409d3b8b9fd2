import { ModelFileError, type ModelFileErrorCode } from "../../errors.ts";
import { brief, parseStrictJson } from "./json.ts";
import { guessFormat } from "./signature.ts";

export type Dtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** Bytes an element takes. */
export const ITEM_SIZE: Readonly<Record<Dtype, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** The longest header that safetensors allows, in bytes. */
export const HEADER_LIMIT = 100_000_000;

/** A tensor's place: `begin` and `end` are byte offsets from the start of the file. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order in which their bytes lie in the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Length of the JSON, without the 8 bytes before it. */
  readonly headerBytes: number;
  /** Length of the whole file, as the header implies it. */
  readonly byteLength: number;
}

/**
 * Reads the length of the JSON header from a file's first 8 bytes.
 *
 * @param prefix the file's first bytes, at least 8
 * @param source named in errors
 * @throws {ModelFileError} `truncated`, `not-a-model`, `header-too-large`, `header-malformed`
 */
export function readHeaderLength(prefix: Uint8Array, source: string): number {
  if (prefix.length < 8) {
    throw new ModelFileError(
      "truncated",
      source,
      `ends after ${prefix.length} bytes, before its header's length`,
    );
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > HEADER_LIMIT) {
    const kind = guessFormat(prefix);
    if (kind !== undefined)
      throw new ModelFileError("not-a-model", source, `not a safetensors file but ${kind}`);
    throw new ModelFileError(
      "header-too-large",
      source,
      `not a safetensors file, or its header of ${length} bytes is over the limit of ${HEADER_LIMIT}`,
    );
  }
  if (length < 2)
    throw new ModelFileError("header-malformed", source, `a header of ${length} bytes can't be JSON`);
  return length;
}

/**
 * Parses and checks the JSON header: whatever comes back describes a file without holes or overlaps, in which every
 * tensor's shape agrees with its bytes.
 *
 * @param header exactly the JSON's bytes, as many as `readHeaderLength` said
 * @throws {ModelFileError} with a code for each broken rule, naming the tensor
 */
export function parseHeader(header: Uint8Array, source: string): SafetensorsHeader {
  const fail = (code: ModelFileErrorCode, detail: string): never => {
    throw new ModelFileError(code, source, detail);
  };
  // "{" as the first byte is the format's own rule; JSON alone would allow blanks before it.
  if (header[0] !== 0x7b)
    fail("header-malformed", "its header does not start with {: not a safetensors file");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(header);
  } catch {
    return fail("header-malformed", "its header is not UTF-8");
  }
  const json = parseStrictJson(text, (rule, detail) =>
    fail(rule === "duplicate" ? "duplicate-key" : "header-malformed", `header: ${detail}`),
  ) as object;

  let metadata: ReadonlyMap<string, string> = new Map();
  const tensors: TensorInfo[] = [];
  const dataStart = 8 + header.length;
  // Object.entries and maps, so that a tensor may be called "__proto__" and stays a plain name.
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") metadata = parseMetadata(value, source);
    else tensors.push(parseTensor(name, value, dataStart, source));
  }

  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = dataStart;
  for (const { name, begin, end } of tensors) {
    if (begin !== position) {
      const what = begin < position ? "overlaps the tensor before it" : "leaves a hole before it";
      throw new ModelFileError(
        "bad-offsets",
        source,
        `${what}: its bytes start at ${begin - dataStart}, not at ${position - dataStart}`,
        name,
      );
    }
    position = end;
  }
  return {
    metadata,
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    headerBytes: header.length,
    byteLength: position,
  };
}

/**
 * Holds a file's real length against the one its header implies.
 *
 * @throws {ModelFileError} `truncated` or `trailing-bytes`
 */
export function checkByteLength(header: SafetensorsHeader, actual: number, source: string): void {
  if (actual === header.byteLength) return;
  const bytes = `expected ${header.byteLength} bytes, got ${actual}`;
  if (actual < header.byteLength)
    throw new ModelFileError("truncated", source, `the file is cut off: ${bytes}`);
  throw new ModelFileError("trailing-bytes", source, `bytes follow the last tensor: ${bytes}`);
}

function parseMetadata(value: unknown, source: string): ReadonlyMap<string, string> {
  const fail = (detail: string): never => {
    throw new ModelFileError("metadata-malformed", source, `__metadata__ ${detail}`);
  };
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail("must be an object of strings");
  const metadata = new Map<string, string>();
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== "string") fail(`must hold strings, but ${JSON.stringify(key)} is ${kindOf(entry)}`);
    metadata.set(key, entry);
  }
  return metadata;
}

function parseTensor(name: string, value: unknown, dataStart: number, source: string): TensorInfo {
  const fail = (code: ModelFileErrorCode, detail: string): never => {
    throw new ModelFileError(code, source, detail, name);
  };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return fail(
      "header-malformed",
      `expected an object with dtype, shape and data_offsets, not ${kindOf(value)}`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;

  if (typeof dtype !== "string" || !Object.hasOwn(ITEM_SIZE, dtype)) {
    const known = Object.keys(ITEM_SIZE).join(", ");
    return fail("unknown-dtype", `dtype must be one of ${known}, not ${brief(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    return fail("bad-shape", `shape must be a list of integers from 0 to 2^53 - 1, not ${brief(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail("bad-offsets", `data_offsets must be two integers from 0 to 2^53 - 1, not ${brief(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (end < begin) return fail("bad-offsets", `data_offsets [${begin}, ${end}] run backwards`);
  if (!isSize(dataStart + end))
    return fail("bad-offsets", `data_offsets [${begin}, ${end}] lie beyond 2^53 - 1`);

  let bytes = ITEM_SIZE[dtype as Dtype];
  for (const size of shape) {
    bytes *= size;
    if (!isSize(bytes)) return fail("bad-shape", `shape ${brief(shape)} holds more than 2^53 - 1 bytes`);
  }
  if (bytes !== end - begin) {
    return fail(
      "bad-shape",
      `shape ${brief(shape)} of ${dtype} takes ${bytes} bytes, its offsets span ${end - begin}`,
    );
  }
  return { name, dtype: dtype as Dtype, shape, begin: dataStart + begin, end: dataStart + end };
}

const isSize = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const kindOf = (value: unknown): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "a list"
      : `a${typeof value === "object" ? "n" : ""} ${typeof value}`;
