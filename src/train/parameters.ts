import type { Parameter as Description } from "../model/parameters.ts";
import type { Buffer, Device, Trained } from "./device.ts";
import { initialValues } from "./initial.ts";
import type { Parameter } from "./tape.ts";
import type { UpdateSettings } from "./trainee.ts";

/** The tensors of one projection lie together, so that query, key and value are one product. */
const JOINED = /^(.+\.attention\.self)\.(query|key|value)\.(weight|bias)$/;
const PARTS = ["query", "key", "value"];

const FIRST_MOMENT = "adam.first.";
const SECOND_MOMENT = "adam.second.";

/** All that is trained: values, gradients and moments by Hugging Face's tensor names. */
export class Parameters {
  readonly #device: Device;
  readonly #descriptions: readonly Description[];
  readonly #named = new Map<string, Parameter & Trained>();
  readonly #joined = new Map<string, Parameter & Trained>();

  constructor(device: Device, descriptions: readonly Description[]) {
    this.#device = device;
    this.#descriptions = descriptions;
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
   * @throws {RangeError} for a tensor of another size
   */
  initialize(initial: ReadonlyMap<string, Float32Array>, seed: number): void {
    for (const [site, parameter] of this.#descriptions.entries()) {
      const values = initial.get(parameter.name) ?? initialValues(parameter, seed, site);
      this.#write(parameter.name, this.#named.get(parameter.name)!.value, values);
    }
  }

  /** As `Trainee.update`. */
  async update({
    learningRate,
    weightDecay,
    clipNorm,
    step,
    correctBias = true,
    ...adam
  }: UpdateSettings): Promise<number> {
    const device = this.#device;
    device.release();
    const trained = [...this.#named.values()];
    const norm = device.norm(trained.map(({ gradient }) => gradient));
    await device.submit();
    const gradientNorm = norm();
    // A step on gradients that are no numbers would leave nothing of the weights; the caller is told by the norm.
    if (Number.isFinite(gradientNorm)) {
      for (const parameter of trained) {
        device.adamW(parameter, {
          ...adam,
          learningRate: learningRate(parameter.name),
          weightDecay: decays(parameter) ? weightDecay : 0,
          correction1: correctBias ? 1 - adam.beta1 ** step : 1,
          correction2: correctBias ? 1 - adam.beta2 ** step : 1,
          gradientScale: Math.min(1, clipNorm / (gradientNorm + 1e-6)), // as torch.nn.utils.clip_grad_norm_
        });
      }
    }
    for (const { gradient } of trained) device.fill(gradient, 0);
    await device.submit();
    return gradientNorm;
  }

  gradients(): Promise<Map<string, Float32Array>> {
    return this.#readAll("", "gradient");
  }

  /** As `Trainee.state`. */
  async state(): Promise<Map<string, Float32Array>> {
    return new Map([
      ...(await this.#readAll("", "value")),
      ...(await this.#readAll(FIRST_MOMENT, "firstMoment")),
      ...(await this.#readAll(SECOND_MOMENT, "secondMoment")),
    ]);
  }

  /** As `Trainee.restore`. */
  restore(state: ReadonlyMap<string, Float32Array>): void {
    for (const [name, parameter] of this.#named) {
      this.#write(name, parameter.value, state.get(name));
      this.#write(FIRST_MOMENT + name, parameter.firstMoment, state.get(FIRST_MOMENT + name));
      this.#write(SECOND_MOMENT + name, parameter.secondMoment, state.get(SECOND_MOMENT + name));
    }
  }

  async #readAll(prefix: string, part: "value" | "gradient" | "firstMoment" | "secondMoment") {
    const values = new Map<string, Float32Array>();
    for (const [name, parameter] of this.#named) {
      values.set(prefix + name, await this.#device.read(parameter[part]));
    }
    return values;
  }

  #write(name: string, buffer: Buffer, values: Float32Array | undefined): void {
    const size = buffer.rows * buffer.columns;
    if (values?.length !== size) {
      throw new RangeError(`tensor "${name}" must have ${size} values, not ${values?.length ?? "none"}`);
    }
    this.#device.write(buffer, values);
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

/** Matrices decay; biases, LayerNorm's and the CRF's parameters don't, as in BERT's own optimizer. */
function decays({ name, shape }: Parameter): boolean {
  return shape.length > 1 && !name.startsWith("crf.");
}
