import type { Activation, Kernels } from "../../src/wasm/kernels.ts";
import {
  type Bench,
  bytesOut,
  floatsOut,
  input,
  integersOut,
  overBinaries,
  randomFloats,
  updated,
} from "./harness.ts";
import { type Draw, type Drive as DriveOf, floatsIn, testShapes } from "./random-shapes.ts";

type Drive = DriveOf<Kernels>;

const int8s = (count: number, draw: Draw) => Int8Array.from({ length: count }, () => draw(-127, 127));
const scalesOf = (count: number) => randomFloats(count, 3).map((x) => Math.abs(x) + 1e-3);

/** Room for packed weights, which loading finds zero. */
const room = (bytes: number) => updated(new Uint8Array(bytes));

/** Packs f32 weights, and a bias likewise. */
function packWeights({ kernels }: Bench, from: number, n: number, k: number, packed: number): void {
  for (let row = 0; row < n; row++) kernels.packWeightRow(from + row * k * 4, k, row, packed);
}

const attention =
  (
    name: "attention" | "attentionInteger",
    scratch: "attentionScratchBytes" | "attentionIntegerScratchBytes",
  ) =>
  (bench: Bench, draw: Draw, partly: boolean) => {
    const [tokens, heads, headSize] = [draw(1, 40), draw(1, 4), draw(1, 20)];
    const [first, last] = partly ? [draw(0, heads - 1), heads] : [0, heads];
    const hidden = heads * headSize;
    const regions = {
      queryKeyValue: floatsIn(tokens * 3 * hidden),
      context: floatsOut(tokens * hidden),
      scratch: integersOut(bench.kernels[scratch](tokens, headSize) / 4),
    };
    bench.call(regions, (at) => {
      const operands = [at.queryKeyValue, at.context, at.scratch, tokens, heads, headSize] as const;
      if (partly) bench.kernels[`${name}Heads`](...operands, first, last);
      else bench.kernels[name](...operands);
      return undefined;
    });
  };
const floatAttention = attention("attention", "attentionScratchBytes");
const integerAttention = attention("attentionInteger", "attentionIntegerScratchBytes");

const product =
  (integers: boolean): Drive =>
  (bench, draw) => {
    const { kernels } = bench;
    const [m, n, k, gap] = [draw(1, 13), draw(1, 40), draw(1, 70), draw(0, 5)];
    const stride = k + draw(0, 3);
    const inputBytes = integers ? kernels.quantizedInputBytes(m, k) : kernels.packedInputBytes(m, k);
    const weightBytes = integers ? kernels.packedInt8WeightBytes(n, k) : kernels.packedWeightBytes(n, k);
    const regions = {
      inputs: floatsIn(m * stride),
      weights: integers ? input(int8s(n * k, draw)) : floatsIn(n * k),
      scales: input(scalesOf(n)),
      biases: floatsIn(n),
      residual: floatsIn(m * (n + gap)),
      packedInputs: bytesOut(inputBytes),
      packed: room(weightBytes),
      bias: room(kernels.packedWeightBytes(n, 1)),
      out: floatsOut(m * (n + gap)),
    };
    const [activation, hasResidual] = [draw(0, 4) as Activation, draw(0, 1) === 1];
    bench.call(regions, (at) => {
      packWeights(bench, at.biases, n, 1, at.bias);
      if (integers) {
        kernels.packInt8WeightRows(at.weights, n, k, 0, at.packed);
        kernels.packInt8WeightScales(at.scales, n, k, 0, at.packed);
      } else {
        packWeights(bench, at.weights, n, k, at.packed);
      }
      (integers ? kernels.quantizeInputs : kernels.packInputs)(at.inputs, m, k, stride, at.packedInputs);
      const residual = hasResidual ? at.residual : 0;
      const gemm = integers ? kernels.gemmInt8 : kernels.gemm;
      gemm(at.packedInputs, at.packed, at.bias, residual, at.out, m, n, k, n + gap, activation);
      return undefined;
    });
  };

const embedding =
  (integers: boolean): Drive =>
  (bench, draw) => {
    const [tokens, size, vocabulary] = [draw(1, 9), draw(1, 70), draw(1, 11)];
    const regions = {
      ids: input(Int32Array.from({ length: tokens }, () => draw(0, vocabulary - 1))),
      types: input(Int32Array.from({ length: tokens }, () => draw(0, 1))),
      words: integers ? input(int8s(vocabulary * size, draw)) : floatsIn(vocabulary * size),
      scales: input(scalesOf(vocabulary)),
      positions: floatsIn(tokens * size),
      kinds: floatsIn(2 * size),
      out: floatsOut(tokens * size),
    };
    bench.call(regions, (at) => {
      const rest = [at.positions, at.kinds, at.out, tokens, size] as const;
      if (integers) bench.kernels.embedInt8(at.ids, at.types, at.words, at.scales, ...rest);
      else bench.kernels.embed(at.ids, at.types, at.words, ...rest);
      return undefined;
    });
  };

const crf =
  (name: "crfViterbi" | "crfForward" | "crfBackward"): Drive =>
  (bench, draw) => {
    const [steps, labels] = [draw(1, 12), draw(1, 13)];
    const stride = bench.kernels.crfStride(labels);
    const regions = {
      emissions: floatsIn(steps * labels),
      start: floatsIn(stride),
      transitions: floatsIn(labels * stride),
      end: floatsIn(stride),
      messages: floatsOut(steps * stride),
      path: integersOut(steps),
    };
    bench.call(regions, ({ emissions, start, transitions, end, messages, path }) => {
      const model = [emissions, start, transitions, end, messages] as const;
      if (name === "crfViterbi") return bench.kernels.crfViterbi(...model, path, steps, labels);
      return bench.kernels[name](...model, steps, labels);
    });
  };

/** What tells a size alone. */
type Sizes = "heapBase" | "crfStride" | `${string}Bytes`;

const DRIVES: Readonly<Record<Exclude<keyof Kernels, Sizes>, Drive>> = {
  includesLowestInt8(bench, draw) {
    const count = draw(1, 90);
    bench.call({ values: input(int8s(count, draw)) }, (at) =>
      bench.kernels.includesLowestInt8(at.values, count),
    );
  },
  areWithin(bench, draw) {
    const count = draw(1, 40);
    bench.call({ values: floatsIn(count) }, (at) => bench.kernels.areWithin(at.values, count, -1, 1));
  },
  widenHalves(bench, draw) {
    const count = draw(1, 70);
    const halves = Uint16Array.from({ length: count }, () => draw(0, 0x7bff));
    bench.call({ halves: input(halves), floats: floatsOut(count) }, (at) => {
      bench.kernels.widenHalves(at.halves, count, at.floats);
      return undefined;
    });
  },
  packWeightRow(bench, draw) {
    const [n, k] = [draw(1, 20), draw(1, 40)];
    const regions = { weights: floatsIn(n * k), packed: bytesOut(bench.kernels.packedWeightBytes(n, k)) };
    bench.call(regions, (at) => void packWeights(bench, at.weights, n, k, at.packed));
  },
  packInt8WeightRows(bench, draw) {
    const [n, k] = [draw(1, 20), draw(1, 70)];
    const firstRow = draw(0, n - 1);
    const rows = n - firstRow;
    const regions = {
      weights: input(int8s(rows * k, draw)),
      packed: room(bench.kernels.packedInt8WeightBytes(n, k)),
    };
    bench.call(regions, (at) => {
      bench.kernels.packInt8WeightRows(at.weights, rows, k, firstRow, at.packed);
      return undefined;
    });
  },
  packInt8WeightScales(bench, draw) {
    const [n, k] = [draw(1, 20), draw(1, 70)];
    const firstRow = draw(0, n - 1);
    const rows = n - firstRow;
    const regions = {
      scales: input(scalesOf(rows)),
      packed: room(bench.kernels.packedInt8WeightBytes(n, k)),
    };
    bench.call(regions, (at) => {
      bench.kernels.packInt8WeightScales(at.scales, rows, k, firstRow, at.packed);
      return undefined;
    });
  },
  embed: embedding(false),
  embedInt8: embedding(true),
  layerNorm(bench, draw) {
    const [rows, size] = [draw(1, 9), draw(1, 90)];
    const regions = {
      x: floatsIn(rows * size),
      gamma: floatsIn(size),
      beta: floatsIn(size),
      out: floatsOut(rows * size),
    };
    bench.call(regions, (at) => {
      bench.kernels.layerNorm(at.x, at.gamma, at.beta, at.out, rows, size, 1e-12);
      return undefined;
    });
  },
  rotary(bench, draw) {
    const [tokens, heads, headSize] = [draw(1, 9), draw(1, 3), 2 * draw(1, 20)];
    const columns = 2 * heads * headSize;
    const stride = columns + draw(0, 9);
    const regions = {
      x: updated(randomFloats(tokens * stride, 7)),
      positions: input(Int32Array.from({ length: tokens }, () => draw(0, tokens - 1))),
      table: floatsIn(tokens * headSize),
    };
    bench.call(regions, (at) => {
      bench.kernels.rotary(at.x, at.positions, at.table, tokens, stride, columns, headSize, 1);
      return undefined;
    });
  },
  packInputs: product(false),
  gemm: product(false),
  quantizeInputs: product(true),
  gemmInt8: product(true),
  attention: (bench, draw) => floatAttention(bench, draw, false),
  attentionHeads: (bench, draw) => floatAttention(bench, draw, true),
  attentionInteger: (bench, draw) => integerAttention(bench, draw, false),
  attentionIntegerHeads: (bench, draw) => integerAttention(bench, draw, true),
  gru(bench, draw) {
    const [steps, size, gap] = [draw(1, 9), draw(1, 40), draw(0, 5)];
    const [outStride, keeps, reverse] = [size + gap, draw(0, 1), draw(0, 1)];
    const { kernels } = bench;
    const regions = {
      inputs: floatsIn(steps * (3 * size + gap)),
      weights: floatsIn(3 * size * size),
      biases: floatsIn(3 * size),
      packed: room(kernels.packedWeightBytes(3 * size, size)),
      bias: room(kernels.packedWeightBytes(3 * size, 1)),
      out: floatsOut(steps * outStride),
      kept: floatsOut((keeps === 1 ? steps : 1) * 4 * size),
    };
    bench.call(regions, (at) => {
      packWeights(bench, at.weights, 3 * size, size, at.packed);
      packWeights(bench, at.biases, 3 * size, 1, at.bias);
      const rows = [at.out, outStride, at.kept, keeps * 4 * size] as const;
      kernels.gru(at.inputs, 3 * size + gap, at.packed, at.bias, ...rows, steps, size, reverse);
      return undefined;
    });
  },
  softmax(bench, draw) {
    const [rows, columns] = [draw(1, 9), draw(1, 70)];
    const stride = 4 * Math.ceil(columns / 4) + 4 * draw(0, 2);
    bench.call({ x: updated(randomFloats(rows * stride, 9)) }, (at) => {
      bench.kernels.softmax(at.x, rows, columns, stride, 0.5);
      return undefined;
    });
  },
  crfViterbi: crf("crfViterbi"),
  crfForward: crf("crfForward"),
  crfBackward: crf("crfBackward"),
  crfMarginals(bench, draw) {
    const [steps, labels] = [draw(1, 12), draw(1, 13)];
    const stride = bench.kernels.crfStride(labels);
    const regions = {
      emissions: floatsIn(steps * labels),
      forward: floatsIn(steps * stride),
      backward: floatsIn(steps * stride),
      marginals: floatsOut(steps * stride),
    };
    bench.call(regions, (at) => {
      bench.kernels.crfMarginals(at.emissions, at.forward, at.backward, at.marginals, steps, labels);
      return undefined;
    });
  },
};

overBinaries((bench) => testShapes(bench, DRIVES, /Bytes$|^heapBase$|^crfStride$/));
