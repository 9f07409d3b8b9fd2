import { ModelFileError } from "../errors.ts";
import type { Machine } from "../wasm/machine.ts";
import type { ModelFile } from "./file/model-file.ts";
import type { TensorInfo } from "./file/safetensors.ts";
import {
  checkFloats,
  checkQuantizedValues,
  groupScaleName,
  INT4_GROUP,
  isQuantized,
  LARGEST_FLOAT,
  leastFloat,
  type StoredParameter,
  scaleName,
} from "./file/storage.ts";
import { LayerNorm, Linear } from "./layers.ts";
import {
  type CheckFloats,
  keepGroupScales,
  type Placement,
  packFloatRows,
  packIntegerRows,
  packScales,
  placeFloats,
  placeIntegerRows,
  placeTwice,
  type Refuse,
  type Stage,
  unpackRows,
} from "./placement.ts";

const STAGE_BYTES = 262_144; // a row of the widest layer that a config may have, in f32

/** Embeddings [rows, size]: f32, or int8 with an f32 scale for each row. */
export interface EmbeddingTable {
  readonly address: number;
  readonly scales: number | undefined;
}

/**
 * The weights of a model on their way into a machine. Layers ask for their tensors, which lays the memory out; once
 * the machine has committed it, `load` puts each tensor in its place as its bytes come.
 */
export class Weights {
  readonly #machine: Machine;
  readonly #file: ModelFile;
  readonly #placements = new Map<string, Placement>();
  readonly #stage: Stage;

  constructor(machine: Machine, file: ModelFile) {
    this.#machine = machine;
    this.#file = file;
    this.#stage = { address: machine.reserve(2 * STAGE_BYTES), bytes: STAGE_BYTES };
  }

  /** Whether the matrices are integers, and so are to be worked with as such. */
  get quantized(): boolean {
    return this.#file.quantized;
  }

  has(name: string): boolean {
    return this.#file.parameters.has(name);
  }

  /** A tensor whose values lie in memory as in the file, row-major, widened to f32. */
  plain(name: string): number {
    const { shape } = this.#parameter(name);
    const address = this.#machine.reserve(shape.reduce((product, size) => product * size, 4));
    this.#placeFloats(name, address);
    return address;
  }

  /** @param name of the layer; its table is `name.weight` [rows, size] */
  embedding(name: string): EmbeddingTable {
    const table = `${name}.weight`;
    const { shape, storage } = this.#parameter(table);
    if (!isQuantized(storage)) return { address: this.plain(table), scales: undefined };
    const [rows, size] = shape as [number, number];
    const address = this.#machine.reserve(rows * size);
    const scales = this.#machine.reserve(rows * 4);
    const scale = scaleName(table);
    this.#place(scale, placeFloats(this.#machine, this.#stage, "f32", scales, this.#check(scale)));
    this.#placeIntegers(table, placeIntegerRows(this.#machine, address, size, this.#refuse(table)));
    return { address, scales };
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
   * @param weightOf a layer's matrix, which may be another's too
   * @param biasOf a layer's bias
   */
  linear(
    names: string | readonly string[],
    outputs: number,
    inputs: number,
    weightOf = (name: string) => `${name}.weight`,
    biasOf = (name: string) => `${name}.bias`,
  ): Linear {
    const layers = typeof names === "string" ? [names] : names;
    const { kernels } = this.#machine;
    const rows = outputs * layers.length;
    const quantized = isQuantized(this.#parameter(weightOf(layers[0]!)).storage);
    const packed = this.#machine.reserve(
      quantized ? kernels.packedInt8WeightBytes(rows, inputs) : kernels.packedWeightBytes(rows, inputs),
    );
    const bias = this.#machine.reserve(kernels.packedWeightBytes(rows, 1));
    layers.forEach((name, i) => {
      const firstRow = i * outputs;
      this.#placeFloats(biasOf(name), bias + firstRow * 4);
      this.#pack(weightOf(name), packed, inputs, firstRow);
    });
    return new Linear(this.#machine, quantized ? "int8" : "f32", packed, bias, rows, inputs);
  }

  /** How many bytes of a tensor {@link load} takes at a time: whole rows, as many as the stage has room for. */
  stepBytes(tensor: TensorInfo): number {
    const rowBytes = this.#placements.get(tensor.name)?.rowBytes ?? 1;
    // Halves double and int4 doubles on the way: half of the stage holds either before, all of it after.
    const room = tensor.dtype === "F16" || tensor.dtype === "U8" ? this.#stage.bytes / 2 : this.#stage.bytes;
    return Math.max(1, Math.floor(room / rowBytes)) * rowBytes;
  }

  /**
   * @param at how many of the tensor's bytes came before
   * @param data its next {@link stepBytes} bytes, or all that are left, little-endian as in the file
   * @throws {ModelFileError} `bad-value` for a value that its tensor may not have
   */
  load(tensor: TensorInfo, at: number, data: Uint8Array): void {
    const placement = this.#placements.get(tensor.name);
    if (placement === undefined) return;
    placement.place(data, at / placement.rowBytes);
  }

  /** A tensor may be wanted in two places, which then share its bytes as they come. */
  #place(name: string, placement: Placement): void {
    const other = this.#placements.get(name);
    this.#placements.set(name, other === undefined ? placement : placeTwice(other, placement));
  }

  #placeFloats(name: string, address: number): void {
    const { storage } = this.#parameter(name);
    this.#place(name, placeFloats(this.#machine, this.#stage, storage, address, this.#check(name)));
  }

  #pack(name: string, packed: number, inputs: number, firstRow: number): void {
    const [machine, stage] = [this.#machine, this.#stage];
    const { storage } = this.#parameter(name);
    if (!isQuantized(storage)) {
      this.#place(name, packFloatRows(machine, stage, storage, packed, inputs, firstRow, this.#check(name)));
      return;
    }
    const scale = scaleName(name);
    this.#place(scale, packScales(machine, stage, packed, inputs, firstRow, this.#check(scale)));
    this.#placeIntegers(name, packIntegerRows(machine, stage, packed, inputs, firstRow, this.#refuse(name)));
  }

  /** Registers int8 rows, by way of unpacking where the file has them as int4. */
  #placeIntegers(name: string, rows: Placement): void {
    const { shape, storage } = this.#parameter(name);
    if (storage === "int8") {
      this.#place(name, rows);
      return;
    }
    const [count, inputs] = shape as [number, number];
    const groups = Math.ceil(inputs / INT4_GROUP);
    const groupScales = new Uint8Array(count * groups);
    const groupScale = groupScaleName(name);
    this.#place(groupScale, keepGroupScales(groupScales, this.#refuse(groupScale)));
    const refuse = (): never => {
      throw new ModelFileError("bad-value", this.#file.name, "int4 values are from -7 to 7, not -8", name);
    };
    this.#place(name, unpackRows(rows, inputs, groups, groupScales, refuse));
  }

  #check(name: string): CheckFloats {
    return (address, count) => {
      if (this.#machine.kernels.areWithin(address, count, leastFloat(name), LARGEST_FLOAT)) return;
      checkFloats(name, this.#machine.floats(address, count), this.#file.name);
    };
  }

  /** Finds again what the kernels found, to name it. */
  #refuse(name: string): Refuse {
    return (data) => checkQuantizedValues(this.#file.tensors.get(name)!, data, this.#file.name);
  }

  #parameter(name: string): StoredParameter {
    const parameter = this.#file.parameters.get(name);
    if (parameter === undefined)
      throw new ModelFileError("tensor-missing", this.#file.name, "is not in the file", name);
    return parameter;
  }
}
