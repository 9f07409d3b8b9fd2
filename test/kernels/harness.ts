import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { relaxedKernels, simdKernels } from "../../build/kernels.ts";
import {
  relaxedKernels as relaxedTrainingKernels,
  simdKernels as simdTrainingKernels,
} from "../../build/train-kernels.ts";
import type { TrainingKernels } from "../../src/train/wasm/kernels.ts";
import { decodeModule } from "../../src/wasm/embedded-modules.ts";
import type { KernelPath } from "../../src/wasm/kernel-path.ts";
import type { Kernels } from "../../src/wasm/kernels.ts";
import { random } from "../random.ts";

/** Fills all memory that holds nothing: as f32 a NaN, as an id −1. */
const POISON = 0xff;
const GUARD_BYTES = 64;
const PAGE_BYTES = 65_536;

type Values = Float32Array | Int32Array | Uint16Array | Int8Array | Uint8Array;

export interface Region {
  /** `input` must not change, `output` starts out as poison, `updated` starts out as given and may change. */
  readonly kind: "input" | "output" | "updated";
  readonly values: Values;
}

export const input = (values: Values): Region => ({ kind: "input", values });
export const updated = (values: Values): Region => ({ kind: "updated", values });
export const floatsOut = (count: number): Region => ({ kind: "output", values: new Float32Array(count) });
export const bytesOut = (count: number): Region => ({ kind: "output", values: new Uint8Array(count) });
export const integersOut = (count: number): Region => ({ kind: "output", values: new Int32Array(count) });

/** What a kernel returned, and its output and updated regions as the kernel left them. */
export interface Outcome<Name extends string> {
  readonly returned: number | undefined;
  readonly floats: (name: Name) => Float32Array;
  readonly integers: (name: Name) => Int32Array;
  readonly bytes: (name: Name) => Uint8Array;
}

type Binaries = Readonly<Record<KernelPath, string>>;
type Exports = Pick<Kernels, "heapBase">;

/** Defines the same tests for every binary of the kernels that this engine can run. */
export function overBinaries(define: (bench: Bench) => void): void {
  overEach({ simd: simdKernels, relaxed: relaxedKernels }, define);
}

/** As {@link overBinaries}, of the kernels that train. */
export function overTrainingBinaries(define: (bench: Bench<TrainingKernels>) => void): void {
  overEach({ simd: simdTrainingKernels, relaxed: relaxedTrainingKernels }, define);
}

function overEach<K extends Exports>(binaries: Binaries, define: (bench: Bench<K>) => void): void {
  for (const binary of Object.keys(binaries) as KernelPath[]) {
    const wasm = decodeModule(binaries[binary]);
    if (WebAssembly.validate(wasm)) {
      describe(`${binary} kernels`, () => define(new Bench<K>(binary, new WebAssembly.Module(wasm))));
    } else {
      test(`${binary} kernels`, (t) => t.skip(`this engine does not take the ${binary} kernels`));
    }
  }
}

/** Kernels with a plain memory, into which a test puts each operand of one call. */
export class Bench<K extends Exports = Kernels> {
  readonly binary: KernelPath;
  readonly kernels: K;
  readonly #module: WebAssembly.Module;
  readonly #memory: WebAssembly.Memory;

  constructor(binary: KernelPath, module: WebAssembly.Module) {
    this.binary = binary;
    this.#module = module;
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.kernels = exports as unknown as K;
  }

  /** The same kernels with a memory of their own. */
  another(): Bench<K> {
    return new Bench<K>(this.binary, this.#module);
  }

  /**
   * Calls a kernel once for each region, that region lying at the very end of memory, so that a read past it traps.
   * Everything around the regions is poison: asserts that only output and updated regions change, and that nothing
   * found outside of the regions changes the result.
   *
   * @param call makes the call, given the address of each region
   */
  call<Name extends string>(
    regions: Record<Name, Region>,
    call: (at: Record<Name, number>) => number | undefined,
  ): Outcome<Name> {
    const names = Object.keys(regions) as Name[];
    const outcomes = names.map((last) => this.#callOnce(regions, last, call));
    for (const outcome of outcomes)
      assert.deepEqual(outcome, outcomes[0], "the result depends on the addresses");
    const { returned, after } = outcomes[0];
    const copy = (name: Name) => (after.get(name) as Uint8Array).slice().buffer as ArrayBuffer;
    return {
      returned,
      floats: (name) => new Float32Array(copy(name)),
      integers: (name) => new Int32Array(copy(name)),
      bytes: (name) => new Uint8Array(copy(name)),
    };
  }

  #callOnce<Name extends string>(
    regions: Record<Name, Region>,
    last: Name,
    call: (at: Record<Name, number>) => number | undefined,
  ): { returned: number | undefined; after: Map<Name, Uint8Array> } {
    const names = Object.keys(regions) as Name[];
    const addresses = this.#layOut(regions, last);
    const memory = new Uint8Array(this.#memory.buffer);
    memory.fill(POISON, this.kernels.heapBase());
    for (const name of names) {
      const { kind, values } = regions[name];
      if (kind !== "output") memory.set(bytesOf(values), addresses[name]);
    }
    const before = memory.slice();
    const returned = call(addresses);
    const after = new Map<Name, Uint8Array>();
    for (const name of names) {
      const { kind, values } = regions[name];
      if (kind === "input") continue;
      const [begin, end] = [addresses[name], addresses[name] + values.byteLength];
      after.set(name, memory.slice(begin, end));
      before.set(memory.subarray(begin, end), begin);
    }
    const from = this.kernels.heapBase();
    const untouched = Buffer.compare(memory.subarray(from), before.subarray(from)) === 0;
    if (!untouched) assert.fail(`wrote outside of its outputs, ${locate(memory, before, from, addresses)}`);
    return { returned, after };
  }

  #layOut<Name extends string>(regions: Record<Name, Region>, last: Name): Record<Name, number> {
    const addresses = {} as Record<Name, number>;
    let free = this.kernels.heapBase() + GUARD_BYTES;
    for (const name of Object.keys(regions) as Name[]) {
      if (name === last) continue;
      addresses[name] = Math.ceil(free / 16) * 16;
      free = addresses[name] + regions[name].values.byteLength + GUARD_BYTES;
    }
    const pages = Math.ceil((free + GUARD_BYTES + regions[last].values.byteLength) / PAGE_BYTES);
    const missing = pages - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) this.#memory.grow(missing);
    addresses[last] = this.#memory.buffer.byteLength - regions[last].values.byteLength;
    return addresses;
  }
}

function bytesOf(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function locate(
  memory: Uint8Array,
  before: Uint8Array,
  from: number,
  addresses: Record<string, number>,
): string {
  const at = memory.findIndex((byte, i) => i >= from && byte !== before[i]);
  const [name, address] = Object.entries(addresses)
    .filter(([, start]) => start <= at)
    .reduce((a, b) => (b[1] > a[1] ? b : a), ["nothing", 0]);
  return `first at byte ${at - address} after the start of ${name}`;
}

/** Asserts that the values from `from` on are as they were before any kernel ran. */
export function assertUntouched(values: Float32Array, from: number, to: number): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = from; i < to; i++) assert.equal(bits[i], 0xffffffff, `value ${i} was written`);
}

/** Numbers of a standard normal distribution, as floats; the same for the same seed. */
export function randomFloats(count: number, seed: number, scale = 1): Float32Array {
  const uniform = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return Float32Array.from({ length: count }, () => scale * normal());
}

/** The largest |a − b|; NaN where one of them is NaN, infinities of one sign are equal. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  }
  return largest;
}
