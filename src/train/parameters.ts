import type { Parameter as Description } from "../model/parameters.ts";
import type { Buffer, Device, Trained } from "./device.ts";
import { initialValues } from "./initial.ts";
import { LOSS_SCALE, LossScale } from "./loss-scale.ts";
import type { Parameter } from "./tape.ts";
import type { UpdateSettings } from "./trainee.ts";

/** The tensors of one projection lie together, so that query, key and value are one product. */
const JOINED = /^(.+\.attention\.self)\.(query|key|value)\.(weight|bias)$/;
const PARTS = ["query", "key", "value"];

const FIRST_MOMENT = "adam.first.";
const SECOND_MOMENT = "adam.second.";

/** Where tensors begin, in values: a multiple of this, as devices want it of memory that an operation is handed. */
const ALIGNMENT = 128;

/** All that is trained: values, gradients and moments by Hugging Face's tensor names, all of a kind in one buffer. */
export class Parameters {
  readonly #device: Device;
  readonly #descriptions: readonly Description[];
  readonly #all: Trained;
  /** In mixed precision: of all values, 16 bits each. */
  readonly #copies: Buffer | undefined;
  readonly #scale: LossScale | undefined;
  #copiesAreOld = true;
  readonly #named = new Map<string, Placed>();
  readonly #joined = new Map<string, Placed>();
  #used = 0;

  constructor(device: Device, descriptions: readonly Description[]) {
    this.#device = device;
    this.#descriptions = descriptions;
    const size = descriptions.reduce((sum, { shape }) => sum + alignedSizeOf(shape), 0);
    const buffer = () => device.allocate(1, size);
    this.#all = { value: buffer(), gradient: buffer(), firstMoment: buffer(), secondMoment: buffer() };
    const { mixedPrecision } = device;
    this.#copies = mixedPrecision?.allocate(1, size);
    this.#scale = mixedPrecision && new LossScale();
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

  /**
   * @param initial values by name; what it lacks is drawn
   * @param embeddingDeviation as {@link initialValues} has it
   * @throws {RangeError} for a tensor of another size
   */
  initialize(initial: ReadonlyMap<string, Float32Array>, seed: number, embeddingDeviation?: number): void {
    for (const [site, parameter] of this.#descriptions.entries()) {
      const values = initial.get(parameter.name) ?? initialValues(parameter, seed, site, embeddingDeviation);
      this.#write(parameter.name, this.#named.get(parameter.name)!.value, values);
    }
    this.#copiesAreOld = true;
  }

  /** As `Trainee.lossScale`. */
  get lossScale(): number | undefined {
    return this.#scale?.value;
  }

  /** Before the network is recorded: what its products take becomes what the values are. */
  prepare(): void {
    if (this.#copies === undefined || !this.#copiesAreOld) return;
    this.#device.mixedPrecision!.convert(this.#all.value, this.#copies);
    this.#copiesAreOld = false;
  }

  /** As `Trainee.update`. In mixed precision nothing may be recorded before it is done, which may change the scale. */
  async update({
    learningRate,
    weightDecay,
    clipNorm,
    step,
    correctBias = true,
    ...adam
  }: UpdateSettings): Promise<number> {
    const { gradient } = this.#all;
    if (this.#scale !== undefined) {
      this.#device.mixedPrecision!.multiply(gradient, 1 / this.#scale.value);
    }
    const norm = this.#device.temporary(1, 1);
    this.#device.norm(gradient, norm);
    this.#device.adamW(
      Array.from(this.#named.values(), (parameter) => ({
        ...parameter,
        learningRate: learningRate(parameter.name),
        weightDecay: decays(parameter) ? weightDecay : 0,
      })),
      {
        ...adam,
        clipNorm,
        correction1: correctBias ? 1 - adam.beta1 ** step : 1,
        correction2: correctBias ? 1 - adam.beta2 ** step : 1,
      },
      norm,
    );
    this.#device.fill(gradient, 0);
    this.#copiesAreOld = true;
    const [length] = await this.#device.read(norm);
    this.#scale?.follow(Number.isFinite(length));
    return length!;
  }

  async gradients(): Promise<Map<string, Float32Array>> {
    const gradients = await this.#read("", "gradient");
    const factor = 1 / (this.lossScale ?? 1);
    for (const values of gradients.values()) values.set(values.map((value) => value * factor));
    return gradients;
  }

  /** As `Trainee.state`. */
  async state(): Promise<Map<string, Float32Array>> {
    const parts = await Promise.all([
      this.#read("", "value"),
      this.#read(FIRST_MOMENT, "firstMoment"),
      this.#read(SECOND_MOMENT, "secondMoment"),
    ]);
    const state = new Map(parts.flatMap((part) => [...part]));
    return this.#scale === undefined ? state : state.set(LOSS_SCALE, this.#scale.state());
  }

  /** As `Trainee.restore`. */
  restore(state: ReadonlyMap<string, Float32Array>): void {
    for (const [name, parameter] of this.#named) {
      this.#write(name, parameter.value, state.get(name));
      this.#write(FIRST_MOMENT + name, parameter.firstMoment, state.get(FIRST_MOMENT + name));
      this.#write(SECOND_MOMENT + name, parameter.secondMoment, state.get(SECOND_MOMENT + name));
    }
    this.#scale?.restore(state.get(LOSS_SCALE));
    this.#copiesAreOld = true;
  }

  async #read(prefix: string, kind: keyof Trained): Promise<Map<string, Float32Array>> {
    const all = await this.#device.read(this.#all[kind]);
    const own = ({ first, shape }: Placed) => all.slice(first, first + sizeOf(shape));
    return new Map(Array.from(this.#named, ([name, placed]) => [prefix + name, own(placed)]));
  }

  #write(name: string, buffer: Buffer, values: Float32Array | undefined): void {
    const size = buffer.rows * buffer.columns;
    if (values?.length !== size) {
      throw new RangeError(`tensor "${name}" must have ${size} values, not ${values?.length ?? "none"}`);
    }
    this.#device.write(buffer, values);
  }

  #allocate(name: string, shape: readonly number[]): Placed {
    const first = this.#used;
    this.#used += alignedSizeOf(shape);
    return this.#place(name, shape, first);
  }

  #partOf(joinedName: string, part: string, name: string, shape: readonly number[]): Placed {
    let whole = this.#joined.get(joinedName);
    if (whole === undefined) {
      whole = this.#allocate(joinedName, [3 * shape[0]!, ...shape.slice(1)]);
      this.#joined.set(joinedName, whole);
    }
    return this.#place(name, shape, whole.first + PARTS.indexOf(part) * sizeOf(shape));
  }

  #place(name: string, shape: readonly number[], first: number): Placed {
    const [rows, columns] = asMatrix(shape);
    const own = (buffer: Buffer) => this.#device.slice(buffer, first, rows, columns);
    const value = own(this.#all.value);
    return {
      name,
      shape,
      first,
      value,
      working: this.#copies === undefined || columns % 4 > 0 ? value : own(this.#copies),
      gradient: own(this.#all.gradient),
      firstMoment: own(this.#all.firstMoment),
      secondMoment: own(this.#all.secondMoment),
    };
  }
}

/** A parameter, and where among all of them its first value is. */
interface Placed extends Trained {
  readonly working: Buffer;
  readonly name: string;
  readonly shape: readonly number[];
  readonly first: number;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const alignedSizeOf = (shape: readonly number[]) => Math.ceil(sizeOf(shape) / ALIGNMENT) * ALIGNMENT;

function asMatrix(shape: readonly number[]): [rows: number, columns: number] {
  return shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
}

/** Matrices decay; biases, LayerNorm's and the CRF's parameters don't, as in BERT's own optimizer. */
function decays({ name, shape }: Placed): boolean {
  return shape.length > 1 && !name.startsWith("crf.");
}
