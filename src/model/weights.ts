import { ModelFileError } from "../errors.ts";
import type { Machine } from "../wasm/machine.ts";
import { LayerNorm, Linear } from "./layers.ts";
import type { ModelFile } from "./model-file.ts";
import type { TensorInfo } from "./safetensors.ts";

/** Where a tensor's values go in the machine's memory: as they are, or as rows of a packed matrix. */
type Destination =
  | { readonly layout: "plain"; readonly address: number }
  | {
      readonly layout: "packed";
      readonly address: number;
      readonly inputs: number;
      readonly firstRow: number;
    };

const STAGED_VALUES = 65_536;

/**
 * The weights of a model on their way into a machine. Layers ask for their tensors, which lays the memory out; once
 * the machine has committed it, `load` puts each tensor in its place as its bytes come, the tensors in any order.
 */
export class Weights {
  readonly #machine: Machine;
  readonly #file: ModelFile;
  readonly #destinations = new Map<string, Destination>();
  #stagedValues = STAGED_VALUES;
  #stage = 0;

  constructor(machine: Machine, file: ModelFile) {
    this.#machine = machine;
    this.#file = file;
  }

  /** A tensor whose values lie in memory as in the file, row-major, widened to f32. */
  plain(name: string): number {
    const address = this.#machine.reserve(this.#valuesOf(name) * 4);
    this.#destinations.set(name, { layout: "plain", address });
    return address;
  }

  /** Embeddings [rows, size]. */
  table(name: string): number {
    return this.plain(`${name}.weight`);
  }

  layerNorm(name: string, size: number, epsilon: number): LayerNorm {
    const [gamma, beta] = [this.plain(`${name}.weight`), this.plain(`${name}.bias`)];
    return new LayerNorm(this.#machine, gamma, beta, size, epsilon);
  }

  /**
   * A linear layer, packed for the kernels.
   *
   * @param names one layer, or several of the same inputs whose outputs are wanted side by side
   * @param outputs of each of them
   */
  linear(names: string | readonly string[], outputs: number, inputs: number): Linear {
    const layers = typeof names === "string" ? [names] : names;
    const { kernels } = this.#machine;
    const rows = outputs * layers.length;
    const weights = this.#machine.reserve(kernels.packedWeightBytes(rows, inputs));
    const bias = this.#machine.reserve(kernels.packedWeightBytes(rows, 1));
    layers.forEach((name, i) => {
      const firstRow = i * outputs;
      this.#destinations.set(`${name}.weight`, { layout: "packed", address: weights, inputs, firstRow });
      this.#destinations.set(`${name}.bias`, { layout: "plain", address: bias + firstRow * 4 });
    });
    this.#stagedValues = Math.max(this.#stagedValues, inputs);
    return new Linear(this.#machine, weights, bias, rows, inputs);
  }

  /** Call after the last layer and before the machine commits its memory. */
  reserveStage(): void {
    this.#stage = this.#machine.reserve(this.#stagedValues * 8);
  }

  /** How many bytes of a tensor {@link load} takes at a time: whole rows, as many as the stage has room for. */
  stepBytes(tensor: TensorInfo): number {
    const destination = this.#destinations.get(tensor.name);
    const rowValues = destination?.layout === "packed" ? destination.inputs : 1;
    return Math.floor(this.#stagedValues / rowValues) * rowValues * valueBytes(tensor);
  }

  /**
   * @param at how many of the tensor's bytes came before
   * @param data its next {@link stepBytes} bytes, or all that are left, little-endian as in the file
   */
  load(tensor: TensorInfo, at: number, data: Uint8Array): void {
    const destination = this.#destinations.get(tensor.name);
    if (destination === undefined) return;
    const { kernels } = this.#machine;
    const packed = destination.layout === "packed";
    const firstValue = at / valueBytes(tensor);
    const count = data.byteLength / valueBytes(tensor);
    const floats = packed ? this.#stage : destination.address + firstValue * 4;
    const halves = this.#stage + this.#stagedValues * 4;
    const isHalf = tensor.dtype === "F16";

    this.#machine.bytes(isHalf ? halves : floats, data.byteLength).set(data);
    if (isHalf) kernels.widenHalves(halves, count, floats);
    if (!packed) return;
    const { address, inputs, firstRow } = destination;
    for (let i = 0; i < count; i += inputs) {
      kernels.packWeightRow(floats + i * 4, inputs, firstRow + (firstValue + i) / inputs, address);
    }
  }

  #valuesOf(name: string): number {
    const tensor = this.#file.tensors.get(name);
    if (tensor === undefined)
      throw new ModelFileError("tensor-missing", this.#file.name, "is not in the file", name);
    return tensor.shape.reduce((product, size) => product * size, 1);
  }
}

function valueBytes({ dtype }: TensorInfo): number {
  return dtype === "F16" ? 2 : 4;
}
