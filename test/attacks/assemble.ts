import { crc32 } from "node:zlib";

/** Pieces of a Python pickle by hand: what no honest pickler writes can be written too. */
export const pickle = {
  proto: (version = 2) => Uint8Array.of(0x80, version),
  global: (module: string, name: string) => latin(`c${module}\n${name}\n`),
  text: (text: string) => join("X", u32(Buffer.byteLength(text)), Buffer.from(text)),
  int: (value: number) => join("J", i32(value)),
  long: (value: bigint, bytes = 8) =>
    join(
      Uint8Array.of(0x8a, bytes),
      Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)),
    ),
  tuple: (...items: Part[]) => join("(", ...items, "t"),
  list: (...items: Part[]) => join("](", ...items, "e"),
  dict: (...items: Part[]) => join("}(", ...items, "u"),
};

export type Part = string | Uint8Array;

/** Bytes end to end; a string stands for its characters' codes. */
export function join(...parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? latin(part) : part)));
}

const latin = (text: string) => Buffer.from(text, "latin1");
const u16 = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);
const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
const i32 = (value: number) => Buffer.from(Int32Array.of(value).buffer);

/** A storage as torch refers to it. */
export const storage = (key: string, length: Part, type = "FloatStorage"): Buffer =>
  join(
    pickle.tuple(
      pickle.text("storage"),
      pickle.global("torch", type),
      pickle.text(key),
      pickle.text("cpu"),
      length,
    ),
    "Q",
  );

/** A tensor as torch rebuilds it. */
export const tensor = (of: Part, offset: Part, shape: Part, strides: Part): Buffer =>
  join(
    pickle.global("torch._utils", "_rebuild_tensor_v2"),
    pickle.tuple(
      of,
      offset,
      shape,
      strides,
      Uint8Array.of(0x89),
      join(pickle.global("collections", "OrderedDict"), ")R"),
    ),
    "R",
  );

/** The pickle of `{ "a": [2, 3] of f32 in storage 0, "b": [2] of f16 in storage 1 }`. */
export const SMALL_STATE = join(
  pickle.proto(),
  pickle.dict(
    pickle.text("a"),
    tensor(
      storage("0", pickle.int(6)),
      pickle.int(0),
      pickle.tuple(pickle.int(2), pickle.int(3)),
      pickle.tuple(pickle.int(3), pickle.int(1)),
    ),
    pickle.text("b"),
    tensor(
      storage("1", pickle.int(2), "HalfStorage"),
      pickle.int(0),
      pickle.tuple(pickle.int(2)),
      pickle.tuple(pickle.int(1)),
    ),
  ),
  ".",
);

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** What the directory claims in place of the truth. */
  readonly claims?: {
    readonly size?: number;
    readonly compressedSize?: number;
    readonly method?: number;
    readonly offset?: number;
    readonly flags?: number;
  };
}

/** A zip of stored entries, with whatever its directory is told to claim. */
export function zip(entries: readonly ZipEntry[], count = entries.length): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, data, claims = {} } of entries) {
    const { size = data.length, compressedSize = size, method = 0, offset = position, flags = 0 } = claims;
    const sizes = u32(crc32(data), compressedSize, size);
    const local = join("PK\x03\x04", u16(20, flags, method, 0, 0), sizes, u16(name.length, 0), name, data);
    locals.push(local);
    directory.push(
      join(
        "PK\x01\x02",
        u16(20, 20, flags, method, 0, 0),
        sizes,
        u16(name.length, 0, 0, 0, 0),
        u32(0, offset),
        name,
      ),
    );
    position += local.length;
  }
  const central = Buffer.concat(directory);
  return join(
    ...locals,
    central,
    "PK\x05\x06",
    u16(0, 0, count, count),
    u32(central.length, position),
    u16(0),
  );
}

/** `SMALL_STATE` and its storages as torch.save has written them since 1.6. */
export const smallZip = (state: Uint8Array = SMALL_STATE): ZipEntry[] => [
  { name: "m/data.pkl", data: state },
  { name: "m/byteorder", data: latin("little") },
  { name: "m/data/0", data: new Uint8Array(24) },
  { name: "m/data/1", data: new Uint8Array(4) },
];

/** The same as torch.save wrote it before 1.6. */
export function smallStream(
  state: Uint8Array = SMALL_STATE,
  changes: { magic?: Part; version?: Part; system?: Part; keys?: Part; storages?: Part } = {},
): Buffer {
  const count = (elements: number) => Buffer.from(BigInt64Array.of(BigInt(elements)).buffer);
  const {
    magic = pickle.long(0x1950a86a20f9469cfc6cn, 10),
    version = pickle.int(1001),
    system = pickle.dict(pickle.text("little_endian"), Uint8Array.of(0x88)),
    keys = pickle.list(pickle.text("0"), pickle.text("1")),
    storages = join(count(6), new Uint8Array(24), count(2), new Uint8Array(4)),
  } = changes;
  const whole = (part: Part) => join(pickle.proto(), part, ".");
  return join(whole(magic), whole(version), whole(system), state, whole(keys), storages);
}
