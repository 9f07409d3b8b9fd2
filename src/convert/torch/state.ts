import { ConvertError } from "../../errors.ts";
import { type Dtype, ITEM_SIZE } from "../../model/file/safetensors.ts";
import type { RandomAccess } from "../binary-file.ts";
import type { CheckpointTensor } from "../checkpoint-tensor.ts";
import { gather } from "../strided.ts";
import { PickleGlobal, type PickleHost } from "./pickle.ts";

/** Memory that torch's tensors are views of; several may share one. */
class TorchStorage {
  readonly key: string;
  readonly dtype: Dtype;
  /** Elements, not bytes. */
  readonly length: number;

  constructor(key: string, dtype: Dtype, length: number) {
    this.key = key;
    this.dtype = dtype;
    this.length = length;
  }
}

/** A view of a storage that has been checked to lie in it. Offset and strides count elements. */
class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    // Copies: a pickle can still append to the lists that it gave.
    this.shape = [...shape];
    this.strides = [...strides];
  }
}

const STORAGE_DTYPES: Readonly<Record<string, Dtype>> = {
  "torch.DoubleStorage": "F64",
  "torch.FloatStorage": "F32",
  "torch.HalfStorage": "F16",
  "torch.BFloat16Storage": "BF16",
  "torch.LongStorage": "I64",
  "torch.IntStorage": "I32",
  "torch.ShortStorage": "I16",
  "torch.CharStorage": "I8",
  "torch.ByteStorage": "U8",
  "torch.BoolStorage": "BOOL",
};

/**
 * What `torch.save` surrounds a state dict's pickle with: storages outside of it, and the few functions that make
 * tensors of them.
 */
export class TorchState implements PickleHost {
  readonly file: string;
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** Every storage that the pickle refers to, by key. */
  readonly storages = new Map<string, TorchStorage>();

  constructor(file: string) {
    this.file = file;
    const callables: [string, (args: readonly unknown[]) => unknown][] = [
      ["collections.OrderedDict", (args) => this.#orderedDict(args)],
      ["torch._utils._rebuild_tensor", (args) => this.#rebuildTensor(args)],
      ["torch._utils._rebuild_tensor_v2", (args) => this.#rebuildTensor(args)],
      ["torch._utils._rebuild_parameter", (args) => args[0]],
    ];
    this.globals = new Map(
      [...callables, ...Object.keys(STORAGE_DTYPES).map((name) => [name, undefined] as const)].map(
        ([name, call]) => [name, new PickleGlobal(name, call)],
      ),
    );
  }

  persistentLoad(id: unknown): TorchStorage {
    const [kind, type, key, , length, view] = Array.isArray(id) ? id : [];
    const dtype = type instanceof PickleGlobal ? STORAGE_DTYPES[type.name] : undefined;
    if (kind !== "storage" || dtype === undefined || typeof key !== "string" || !isSize(length)) {
      return this.#fail("it refers to something that is no storage of a known type");
    }
    if ((view ?? null) !== null) {
      throw new ConvertError(
        "unsupported",
        this.file,
        `storage ${key} is a view of another; save it with torch 0.4 on`,
      );
    }
    const known = this.storages.get(key);
    if (known === undefined) {
      const storage = new TorchStorage(key, dtype, length);
      this.storages.set(key, storage);
      return storage;
    }
    if (known.dtype !== dtype || known.length !== length) {
      return this.#fail(
        `storage ${key} is ${known.length} of ${known.dtype} here, ${length} of ${dtype} there`,
      );
    }
    return known;
  }

  /**
   * The tensors of a state dict.
   *
   * @param value what the pickle held
   * @param position where in `file` a storage's bytes start
   */
  tensors(
    value: unknown,
    file: RandomAccess,
    position: (key: string) => number,
  ): Map<string, CheckpointTensor> {
    if (!(value instanceof Map)) {
      return this.#fail("expected a state dict, names to tensors; save `model.state_dict()`, not the model");
    }
    const tensors = new Map<string, CheckpointTensor>();
    for (const [name, tensor] of value) {
      if (typeof name !== "string" || !(tensor instanceof TorchTensor)) {
        const what = typeof name === "string" ? JSON.stringify(name) : "a key that is no string";
        return this.#fail(`expected a state dict, names to tensors, but ${what} leads to no tensor`);
      }
      tensors.set(name, toCheckpointTensor(tensor, file, position(tensor.storage.key)));
    }
    return tensors;
  }

  /** From Python 2 with its items; a list of them is taken once, as many dicts of one list would fill the memory. */
  #orderedDict([items = []]: readonly unknown[]): Map<unknown, unknown> {
    if (!Array.isArray(items) || !items.every((item) => Array.isArray(item) && item.length === 2)) {
      return this.#fail("an OrderedDict is not made of pairs");
    }
    return new Map(items.splice(0) as [unknown, unknown][]);
  }

  #rebuildTensor([storage, offset, shape, strides]: readonly unknown[]): TorchTensor {
    if (
      !(storage instanceof TorchStorage) ||
      !isSize(offset) ||
      !areSizes(shape) ||
      !areSizes(strides) ||
      shape.length !== strides.length
    ) {
      return this.#fail("a tensor is not made of a storage, an offset, sizes and strides");
    }
    const { key, length } = storage;
    let elements = 1;
    let last = offset;
    for (let i = 0; i < shape.length; i++) {
      elements *= shape[i]!;
      last += (shape[i]! - 1) * strides[i]!;
    }
    // No more elements than the storage has: strides of 0 would make a huge tensor of few bytes. (And never NaN.)
    if (!(elements <= length) || (elements > 0 && last >= length)) {
      return this.#fail(
        `a tensor [${shape}] with strides [${strides}] at ${offset} leaves storage ${key} of ${length} elements`,
      );
    }
    return new TorchTensor(storage, offset, shape, strides);
  }

  #fail(detail: string): never {
    throw new ConvertError("checkpoint-malformed", this.file, detail);
  }
}

/** Torch's own limit on the axes of a tensor. */
const AXES_LIMIT = 64;

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areSizes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length <= AXES_LIMIT && value.every(isSize);

function toCheckpointTensor(tensor: TorchTensor, file: RandomAccess, position: number): CheckpointTensor {
  const { storage, offset, shape, strides } = tensor;
  const itemSize = ITEM_SIZE[storage.dtype];
  const elements = shape.reduce((product, size) => product * size, 1);
  // From its first element to its last, whatever lies between them.
  const span = elements === 0 ? 0 : shape.reduce((last, size, i) => last + (size - 1) * strides[i]!, 1);
  return {
    file: file.path,
    dtype: storage.dtype,
    shape,
    async read() {
      const bytes = await file.read(position + offset * itemSize, span * itemSize);
      return isContiguous(shape, strides) ? bytes : gather(bytes, itemSize, elements, shape, strides);
    },
  };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== stride) return false;
    stride *= shape[i]!;
  }
  return true;
}
