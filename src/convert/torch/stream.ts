import { ConvertError } from "../../errors.ts";
import { ITEM_SIZE } from "../../model/file/safetensors.ts";
import { guessFormat } from "../../model/file/signature.ts";
import type { RandomAccess } from "../binary-file.ts";
import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import { PICKLE_LIMIT, unpickle } from "./pickle.ts";
import { TorchState } from "./state.ts";

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
const PICKLE_START = 0x80;

/**
 * Reads what `torch.save` wrote before torch 1.6: five pickles on end (a magic number, the protocol's version, the
 * machine's type sizes, the state dict, the storages' keys), then the storages in the keys' order, each a 64-bit
 * count of elements and the elements.
 *
 * @throws {ConvertError} `checkpoint-malformed`, or as the pickle's reader
 */
export async function readTorchStream(file: RandomAccess): Promise<Map<string, CheckpointTensor>> {
  const fail = (detail: string): never => {
    throw new ConvertError("checkpoint-malformed", file.path, detail);
  };
  const pickles = await file.read(0, Math.min(file.size, PICKLE_LIMIT));
  const kind = pickles[0] === PICKLE_START ? undefined : guessFormat(pickles);
  if (kind !== undefined) return fail(`not a PyTorch checkpoint but ${kind}`);

  const state = new TorchState(file.path);
  let position = 0;
  const next = (): unknown => {
    const { value, end } = unpickle(pickles, position, state);
    position = end;
    return value;
  };
  if (next() !== MAGIC_NUMBER) return fail("not a PyTorch checkpoint: it lacks torch's magic number");
  if (next() !== PROTOCOL_VERSION) return fail(`not torch's protocol version ${PROTOCOL_VERSION}`);
  const system = next();
  if (!(system instanceof Map) || system.get("little_endian") !== true) {
    throw new ConvertError("unsupported", file.path, "it was not saved on a little-endian machine");
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) return fail("its list of storages is none");

  const positions = new Map<string, number>();
  for (const key of keys) {
    const storage = state.storages.get(key);
    if (storage === undefined || positions.has(key)) {
      return fail("its list of storages does not match its tensors");
    }
    const count = new DataView((await file.read(position, 8)).buffer).getBigInt64(0, true);
    if (count !== BigInt(storage.length)) {
      return fail(
        `storage ${storage.key} must have ${storage.length} elements, but its bytes start with ${count}`,
      );
    }
    position += 8;
    positions.set(storage.key, position);
    position += storage.length * ITEM_SIZE[storage.dtype];
  }
  if (positions.size !== state.storages.size) return fail("its list of storages does not match its tensors");
  if (position !== file.size) return fail(`expected ${position} bytes in all, but the file has ${file.size}`);
  return state.tensors(value, file, (key) => positions.get(key)!);
}
