import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { ConvertError } from "../../errors.ts";
import { ITEM_SIZE } from "../../model/file/safetensors.ts";
import type { RandomAccess } from "../binary-file.ts";
import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import { PICKLE_LIMIT, unpickle } from "./pickle.ts";
import { TorchState } from "./state.ts";

/** A tensor takes at most one entry; the largest ELECTRA has some 400. */
const ENTRY_LIMIT = 100_000;
const STORED = 0;

/** Where an entry's bytes lie in the file. */
interface EntryRange {
  readonly name: string;
  /** Where its own header starts, before its bytes. */
  readonly header: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads what `torch.save` has written since torch 1.6: a zip, none of it compressed, of `NAME/data.pkl` (the pickle)
 * and `NAME/data/KEY` (one storage each).
 *
 * @throws {ConvertError} `zip-malformed`, or as the pickle's reader
 */
export async function readTorchZip(file: RandomAccess): Promise<Map<string, CheckpointTensor>> {
  const entries = await readEntries(file);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw zipError(file, `expected one data.pkl in a folder, as torch.save writes, not ${pickles.length}`);
  }
  const pickle = entries.get(pickles[0]!)!;
  if (pickle.end - pickle.begin > PICKLE_LIMIT) {
    throw zipError(
      file,
      `${pickle.name} of ${pickle.end - pickle.begin} bytes is over the limit of ${PICKLE_LIMIT}`,
    );
  }
  const root = pickle.name.slice(0, -"data.pkl".length);
  const order = entries.get(`${root}byteorder`);
  if (order !== undefined && order.end - order.begin !== "little".length) {
    throw new ConvertError("unsupported", file.path, "it was saved on a big-endian machine");
  }

  const state = new TorchState(file.path);
  const { value } = unpickle(await file.read(pickle.begin, pickle.end - pickle.begin), 0, state);
  for (const { key, dtype, length } of state.storages.values()) {
    const entry = entries.get(`${root}data/${key}`);
    if (entry === undefined) throw zipError(file, `the entry ${root}data/${key} is missing`);
    if (entry.end - entry.begin !== length * ITEM_SIZE[dtype]) {
      const expected = `${length} of ${dtype}, ${length * ITEM_SIZE[dtype]} bytes`;
      throw zipError(file, `${entry.name} must hold ${expected}, not ${entry.end - entry.begin}`);
    }
  }
  return state.tensors(value, file, (key) => entries.get(`${root}data/${key}`)!.begin);
}

/** The zip's entries by name. Every range lies in the file and no two overlap, whatever sizes the zip claims. */
async function readEntries(file: RandomAccess): Promise<ReadonlyMap<string, EntryRange>> {
  const ranges = new Map<string, EntryRange>();
  let zip: ZipFile | undefined;
  try {
    zip = await fromRandomAccessReaderPromise(new Reader(file), file.size, { autoClose: false });
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (entry.isEncrypted() || entry.compressionMethod !== STORED) {
        throw zipError(file, `the entry ${name} is encrypted or compressed, which torch.save never does`);
      }
      if (ranges.has(name)) throw zipError(file, `the entry ${name} appears twice`);
      if (ranges.size === ENTRY_LIMIT) throw zipError(file, `it has more than ${ENTRY_LIMIT} entries`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      const header = entry.relativeOffsetOfLocalHeader;
      ranges.set(name, { name, header, begin: fileDataStart, end: fileDataStart + entry.uncompressedSize });
    }
  } catch (error) {
    if (error instanceof ConvertError) throw error;
    throw zipError(file, (error as Error).message, error);
  } finally {
    zip?.close();
  }

  const sorted = [...ranges.values()].sort((a, b) => a.header - b.header);
  sorted.forEach((range, i) => {
    const before = sorted[i - 1];
    if (before !== undefined && range.header < before.end) {
      throw zipError(file, `the entries ${before.name} and ${range.name} overlap`);
    }
  });
  return ranges;
}

/** Lets yauzl read within the file's bounds alone: node's own read throws, uncaught, at some claimed offsets. */
class Reader extends RandomAccessReader {
  readonly #file: RandomAccess;

  constructor(file: RandomAccess) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    if (position + length > this.#file.size) {
      const detail = `it points to bytes ${position} to ${position + length}, but the file has ${this.#file.size}`;
      setImmediate(callback, zipError(this.#file, detail));
      return;
    }
    this.#file.read(position, length).then((bytes) => {
      buffer.set(bytes, offset);
      callback(null, length);
    }, callback);
  }
}

function zipError(file: RandomAccess, detail: string, cause?: unknown): ConvertError {
  return new ConvertError("zip-malformed", file.path, detail, { cause });
}
