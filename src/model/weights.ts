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

const STAGED_VALUES = 16_384;

/**
 * The weights of a model on their way into a machine. Layers ask for their tensors, which lays the memory out; once
 * the machine has committed it, `load` puts each tensor in its place, in any order.
 */
export class Weights {
  readonly #machine: Machine;
  readonly #file: ModelFile;
  readonly #destinations = new Map<string, Destination>();
  #widestRow = STAGED_VALUES;
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
    this.#widestRow = Math.max(this.#widestRow, inputs);
    return new Linear(this.#machine, weights, bias, rows, inputs);
  }

  /** Call after the last layer and before the machine commits its memory. */
  reserveStage(): void {
    this.#stage = this.#machine.reserve(this.#widestRow * 8);
  }

  /** @param data the tensor's bytes, little-endian, as the file has them */
  load(tensor: TensorInfo, data: Uint8Array): void {
    const destination = this.#destinations.get(tensor.name);
    if (destination === undefined) return;
    const valueBytes = tensor.dtype === "F16" ? 2 : 4;
    const values = data.byteLength / valueBytes;
    const packed = destination.layout === "packed";
    const rowValues = packed ? destination.inputs : 1;
    const step = Math.floor(this.#widestRow / rowValues) * rowValues;
    const { kernels } = this.#machine;
    const halves = this.#stage + this.#widestRow * 4;

    for (let at = 0; at < values; at += step) {
      const count = Math.min(step, values - at);
      const floats = packed ? this.#stage : destination.address + at * 4;
      const raw = tensor.dtype === "F16" ? halves : floats;
      const bytes = data.subarray(at * valueBytes, (at + count) * valueBytes);
      this.#machine.bytes(raw, bytes.byteLength).set(bytes);
      if (tensor.dtype === "F16") kernels.widenHalves(halves, count, floats);
      if (!packed) continue;
      for (let i = 0; i < count; i += rowValues) {
        const row = destination.firstRow + (at + i) / rowValues;
        kernels.packWeightRow(floats + i * 4, rowValues, row, destination.address);
      }
    }
  }

  #valuesOf(name: string): number {
    const tensor = this.#file.tensors.get(name);
    if (tensor === undefined)
      throw new ModelFileError("tensor-missing", this.#file.name, "is not in the file", name);
    return tensor.shape.reduce((product, size) => product * size, 1);
  }
}
