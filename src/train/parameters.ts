import type { Parameter as Description } from "../model/parameters.ts";
import type { Buffer, Device, Trained } from "./device.ts";
import type { Parameter } from "./tape.ts";

/** The tensors of one projection lie together, so that query, key and value are one product. */
const JOINED = /^(.+\.attention\.self)\.(query|key|value)\.(weight|bias)$/;
const PARTS = ["query", "key", "value"];

/** All that is trained: values, gradients and moments by Hugging Face's tensor names. */
export class Parameters {
  readonly #device: Device;
  readonly #named = new Map<string, Parameter & Trained>();
  readonly #joined = new Map<string, Parameter & Trained>();

  constructor(device: Device, descriptions: readonly Description[]) {
    this.#device = device;
    for (const { name, shape } of descriptions) {
      const [, self, part, kind] = JOINED.exec(name) ?? [];
      if (self === undefined) this.#named.set(name, this.#allocate(name, shape));
      else this.#named.set(name, this.#partOf(`${self}.queryKeyValue.${kind}`, part!, name, shape));
    }
  }

  /** Those that a checkpoint holds, each under its own name. */
  get named(): ReadonlyMap<string, Parameter & Trained> {
    return this.#named;
  }

  /** A parameter as the network uses it: `query`, `key` and `value` together as `queryKeyValue`. */
  get(name: string): Parameter {
    const parameter = this.#joined.get(name) ?? this.#named.get(name);
    if (parameter === undefined) throw new RangeError(`the network has no parameter "${name}"`);
    return parameter;
  }

  clearGradients(): void {
    for (const { gradient } of this.#named.values()) this.#device.fill(gradient, 0);
  }

  #allocate(name: string, shape: readonly number[]): Parameter & Trained {
    const [rows, columns] = asMatrix(shape);
    const buffer = () => this.#device.allocate(rows, columns);
    return {
      name,
      shape,
      value: buffer(),
      gradient: buffer(),
      firstMoment: buffer(),
      secondMoment: buffer(),
    };
  }

  #partOf(joinedName: string, part: string, name: string, shape: readonly number[]): Parameter & Trained {
    let whole = this.#joined.get(joinedName);
    if (whole === undefined) {
      whole = this.#allocate(joinedName, [3 * shape[0]!, ...shape.slice(1)]);
      this.#joined.set(joinedName, whole);
    }
    const index = PARTS.indexOf(part);
    const [rows, columns] = asMatrix(shape);
    const own = (buffer: Buffer) => this.#device.slice(buffer, index * rows * columns, rows, columns);
    return {
      name,
      shape,
      value: own(whole.value),
      gradient: own(whole.gradient),
      firstMoment: own(whole.firstMoment),
      secondMoment: own(whole.secondMoment),
    };
  }
}

function asMatrix(shape: readonly number[]): [rows: number, columns: number] {
  return shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
}
