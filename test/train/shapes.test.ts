import { type TrainingKernel, type TrainingKernels, UNITS, unitsOf } from "../../src/train/wasm/kernels.ts";
import { ACTIVATIONS } from "../../src/wasm/kernels.ts";
import {
  assertUntouched,
  bytesOut,
  floatsOut,
  input,
  integersOut,
  overTrainingBinaries,
  randomFloats,
  updated,
} from "../kernels/harness.ts";
import { type Draw, type Drive as DriveOf, floatsIn, testShapes } from "../kernels/random-shapes.ts";
import {
  added,
  doublesOut,
  drive,
  dropoutOf,
  integersIn,
  labelsIn,
  sequences,
  sharesIn,
  spread,
} from "./random-uses.ts";

type Drive = DriveOf<TrainingKernels>;

const MOST_VALUES = 2 * UNITS.values + 50;

/** What is done to each value for itself, or to each of two; in place of the last operand where that is allowed. */
const eachValue =
  (
    kernel: TrainingKernel,
    operands: 1 | 2,
    mayBeInPlace: boolean,
    others: (draw: Draw) => readonly number[],
  ): Drive =>
  (bench, draw) => {
    const count = draw(1, draw(0, 3) === 0 ? MOST_VALUES : 70);
    const inPlace = mayBeInPlace && draw(0, 1) === 1;
    const last = others(draw);
    drive(bench, draw, kernel, {
      units: unitsOf(count, "values"),
      regions: {
        x: floatsIn(count),
        y: inPlace ? added(count) : floatsIn(count),
        out: floatsOut(count),
      },
      operands: ({ x, y, out }) => [...[x, y].slice(-operands), inPlace ? y : out, count, ...last],
    });
  };
const activations = Object.values(ACTIVATIONS);
const activationOf = (draw: Draw) => [activations[draw(0, activations.length - 1)]!];

/** Heads that attend to their own sequences, there or back. */
const attention =
  (back: boolean): Drive =>
  (bench, draw) => {
    const { tokens, lengths, longest, offsets } = sequences(draw, 20);
    const [heads, headSize] = [draw(1, 3), draw(1, 20)];
    const hidden = heads * headSize;
    const blocks = [0];
    for (const length of lengths) blocks.push(blocks.at(-1)! + heads * length * length);
    const probabilities = blocks.at(-1)!;
    const draws = dropoutOf(draw);
    drive(bench, draw, back ? "attentionBackward" : "attention", {
      units: lengths.length * heads,
      scratchBytes: bench.kernels.attentionTrainScratchBytes(longest, headSize),
      regions: {
        queryKeyValue: floatsIn(tokens * 3 * hidden),
        offsets,
        blocks: input(Int32Array.from(blocks)),
        probabilities: back ? sharesIn(probabilities) : floatsOut(probabilities),
        context: back ? floatsIn(tokens * hidden) : floatsOut(tokens * hidden),
        gradient: floatsOut(back ? tokens * 3 * hidden : 0),
      },
      operands: (at) => [
        ...[at.queryKeyValue, at.offsets, at.blocks, at.probabilities, at.context],
        ...(back ? [at.gradient] : []),
        ...[heads, headSize, ...draws],
      ],
    });
  };

/** The losses of rows by their labels. */
const rowLosses =
  (kernel: "crossEntropy" | "binaryCrossEntropy"): Drive =>
  (bench, draw) => {
    const binary = kernel === "binaryCrossEntropy";
    const [rows, columns, inPlace] = [draw(1, 20), binary ? 1 : draw(1, 40), draw(0, 1) === 1];
    const count = rows * columns;
    drive(bench, draw, kernel, {
      units: rows,
      regions: {
        logits: inPlace ? added(count) : floatsIn(count),
        labels: labelsIn(rows, binary ? 2 : columns, draw),
        losses: doublesOut(rows),
        gradient: floatsOut(count),
      },
      operands: ({ logits, labels, losses, gradient }) => [
        ...[logits, labels, 0.5, losses, inPlace ? logits : gradient],
        ...(binary ? [] : [rows, columns]),
      ],
    });
  };

/** Sums that one unit adds up. */
const total =
  (kernel: "sum" | "rootOfSum"): Drive =>
  (bench, draw) => {
    const count = draw(1, 40);
    const parts = Float64Array.from(randomFloats(count, count).map(Math.abs));
    drive(bench, draw, kernel, {
      units: 1,
      regions: { parts: input(new Uint8Array(parts.buffer)), out: floatsOut(1) },
      operands: (at) => [at.parts, count, at.out],
    });
  };

const DRIVES: Readonly<Record<TrainingKernel, Drive>> = {
  packColumns(bench, draw) {
    const [n, k, transposed] = [draw(1, 40), draw(1, 40), draw(0, 1)];
    const [rows, columns] = transposed ? [n, k] : [k, n];
    const stride = columns + draw(0, 5);
    drive(bench, draw, "packColumns", {
      units: unitsOf(n, "panels"),
      regions: {
        b: floatsIn(spread(rows, columns, stride)),
        packed: bytesOut(bench.kernels.packColumnsBytes(n, k)),
      },
      operands: (at) => [at.b, stride, transposed, at.packed, n, k],
    });
  },
  matmul(bench, draw) {
    const [m, n, k] = [draw(1, draw(0, 3) === 0 ? 120 : 14), draw(1, 40), draw(1, 40)];
    const [transposed, accumulate, biased] = [draw(0, 1), draw(0, 1), draw(0, 1)];
    const [rows, columns] = transposed ? [k, m] : [m, k];
    const [stride, outStride] = [columns + draw(0, 5), n + draw(0, 5)];
    const count = spread(m, n, outStride);
    const outcome = drive(bench, draw, "matmul", {
      units: unitsOf(m, "rows"),
      scratchBytes: bench.kernels.matmulScratchBytes(k, n),
      regions: {
        a: floatsIn(spread(rows, columns, stride)),
        b: floatsIn(k * n),
        packed: bytesOut(bench.kernels.packColumnsBytes(n, k)),
        bias: floatsIn(n),
        out: accumulate ? added(count) : floatsOut(count),
      },
      prepare: (at) => bench.kernels.packColumns(at.b, n, 0, at.packed, n, k, 0, 0, unitsOf(n, "panels")),
      operands: (at) => [
        ...[at.a, stride, transposed, at.packed, biased ? at.bias : 0],
        ...[at.out, outStride, accumulate, m, n, k],
      ],
    });
    if (accumulate) return;
    const out = outcome.floats("out");
    for (let row = 1; row < m; row++)
      assertUntouched(out, row * outStride - (outStride - n), row * outStride);
  },
  add: eachValue("add", 2, false, () => []),
  fill(bench, draw) {
    const count = draw(1, MOST_VALUES);
    drive(bench, draw, "fill", {
      units: unitsOf(count, "values"),
      regions: { out: floatsOut(count) },
      operands: (at) => [at.out, 3, count],
    });
  },
  columnSums(bench, draw) {
    const [rows, columns, accumulate] = [draw(1, 9), draw(1, 90), draw(0, 1)];
    drive(bench, draw, "columnSums", {
      units: unitsOf(columns, "columns"),
      regions: { x: floatsIn(rows * columns), out: accumulate ? added(columns) : floatsOut(columns) },
      operands: (at) => [at.x, rows, columns, at.out, accumulate],
    });
  },
  activate: eachValue("activate", 1, false, activationOf),
  activateBackward: eachValue("activateBackward", 2, true, activationOf),
  rotary(bench, draw) {
    const [rows, heads, headSize] = [draw(1, 9), draw(1, 3), 2 * draw(1, 20)];
    const columns = 2 * heads * headSize;
    const stride = columns + draw(0, 9);
    const direction = draw(0, 1) ? 1 : -1;
    drive(bench, draw, "rotary", {
      units: rows,
      regions: {
        x: added(spread(rows, columns, stride)),
        positions: integersIn(rows, () => draw(0, rows - 1)),
        table: floatsIn(rows * headSize),
      },
      operands: (at) => [at.x, at.positions, at.table, stride, columns, headSize, direction],
    });
  },
  dropout: eachValue("dropout", 1, true, dropoutOf),
  layerNorm(bench, draw) {
    const [rows, size] = [draw(1, 9), draw(1, 90)];
    drive(bench, draw, "layerNorm", {
      units: rows,
      regions: {
        x: floatsIn(rows * size),
        gamma: floatsIn(size),
        beta: floatsIn(size),
        out: floatsOut(rows * size),
        statistics: floatsOut(rows * 2),
      },
      operands: (at) => [at.x, at.gamma, at.beta, at.out, at.statistics, rows, size, 1e-12],
    });
  },
  layerNormBackward(bench, draw) {
    const [rows, size, inPlace] = [draw(1, 9), draw(1, 90), draw(0, 1) === 1];
    const count = rows * size;
    drive(bench, draw, "layerNormBackward", {
      units: rows,
      regions: {
        x: floatsIn(count),
        gamma: floatsIn(size),
        statistics: floatsIn(rows * 2),
        gradient: inPlace ? added(count) : floatsIn(count),
        out: floatsOut(count),
      },
      operands: (at) => [
        ...[at.x, at.gamma, at.statistics, at.gradient, inPlace ? at.gradient : at.out],
        ...[rows, size],
      ],
    });
  },
  layerNormParametersBackward(bench, draw) {
    const [rows, size] = [draw(1, 9), draw(1, 90)];
    drive(bench, draw, "layerNormParametersBackward", {
      units: unitsOf(size, "columns"),
      regions: {
        x: floatsIn(rows * size),
        statistics: floatsIn(rows * 2),
        gradient: floatsIn(rows * size),
        gammaGradient: added(size),
        betaGradient: added(size),
      },
      operands: (at) => [
        ...[at.x, at.statistics, at.gradient, at.gammaGradient, at.betaGradient],
        ...[rows, size],
      ],
    });
  },
  gather(bench, draw) {
    const [rows, size, vocabulary, accumulate] = [draw(1, 9), draw(1, 70), draw(1, 11), draw(0, 1)];
    drive(bench, draw, "gather", {
      units: rows,
      regions: {
        ids: integersIn(rows, () => draw(0, vocabulary - 1)),
        table: floatsIn(vocabulary * size),
        out: accumulate ? added(rows * size) : floatsOut(rows * size),
      },
      operands: (at) => [at.ids, at.table, at.out, accumulate, rows, size],
    });
  },
  scatterAdd(bench, draw) {
    const [rows, size, vocabulary] = [draw(1, 9), draw(1, 70), draw(1, 11)];
    drive(bench, draw, "scatterAdd", {
      units: unitsOf(size, "columns"),
      regions: {
        ids: integersIn(rows, () => draw(0, vocabulary - 1)),
        gradient: floatsIn(rows * size),
        tableGradient: added(vocabulary * size),
      },
      operands: (at) => [at.ids, at.gradient, at.tableGradient, rows, size],
    });
  },
  sum: total("sum"),
  sumOfSquares(bench, draw) {
    const count = draw(0, 9) === 0 ? draw(UNITS.squares - 9, 2 * UNITS.squares + 9) : draw(1, 70);
    drive(bench, draw, "sumOfSquares", {
      units: unitsOf(count, "squares"),
      regions: { x: floatsIn(count), partial: doublesOut(unitsOf(count, "squares")) },
      operands: (at) => [at.x, count, at.partial],
    });
  },
  rootOfSum: total("rootOfSum"),
  adamW(bench, draw) {
    const count = draw(1, draw(0, 3) === 0 ? MOST_VALUES : 70);
    const norm = draw(0, 4) === 0 ? Number.POSITIVE_INFINITY : 2;
    const settings = [1e-3, 0.9, 0.999, 1e-8, 0.01, 0.5, 0.3, 1];
    drive(bench, draw, "adamW", {
      units: unitsOf(count, "values"),
      regions: {
        parameter: added(count),
        gradient: floatsIn(count),
        firstMoment: added(count),
        secondMoment: updated(randomFloats(count, 5).map(Math.abs)),
        norm: input(Float32Array.of(norm)),
      },
      operands: (at) => [
        ...[at.parameter, at.gradient, at.firstMoment, at.secondMoment, count],
        ...[...settings, at.norm],
      ],
    });
  },
  attention: attention(false),
  attentionBackward: attention(true),
  gru(bench, draw) {
    const { tokens, lengths, offsets } = sequences(draw, 9);
    const [size, reverse] = [draw(1, 40), draw(0, 1)];
    const { kernels } = bench;
    const units = unitsOf(3 * size, "panels");
    const outcome = drive(bench, draw, "gru", {
      units: lengths.length,
      scratchBytes: kernels.gruScratchBytes(size),
      regions: {
        inputs: floatsIn(tokens * 3 * size),
        offsets,
        weight: floatsIn(3 * size * size),
        packed: bytesOut(kernels.packColumnsBytes(3 * size, size)),
        bias: floatsIn(3 * size),
        out: floatsOut(tokens * 2 * size),
        kept: floatsOut(tokens * 4 * size),
      },
      prepare: (at) => kernels.packColumns(at.weight, size, 1, at.packed, 3 * size, size, 0, 0, units),
      operands: (at) => [...[at.inputs, at.offsets, at.packed, at.bias, at.out, at.kept], ...[size, reverse]],
    });
    const out = outcome.floats("out");
    for (let half = 1 - reverse; half < 2 * tokens; half += 2) {
      assertUntouched(out, half * size, (half + 1) * size);
    }
  },
  gruBackward(bench, draw) {
    const { tokens, lengths, offsets } = sequences(draw, 9);
    const [size, reverse] = [draw(1, 40), draw(0, 1)];
    drive(bench, draw, "gruBackward", {
      units: lengths.length,
      scratchBytes: bench.kernels.gruScratchBytes(size),
      regions: {
        offsets,
        weight: floatsIn(3 * size * size),
        out: floatsIn(tokens * 2 * size),
        kept: sharesIn(tokens * 4 * size),
        gradient: floatsIn(tokens * 2 * size),
        inputGradient: floatsOut(tokens * 3 * size),
        hiddenGradient: floatsOut(tokens * 3 * size),
        previous: floatsOut(tokens * size),
      },
      operands: (at) => [
        ...[at.offsets, at.weight, at.out, at.kept, at.gradient],
        ...[at.inputGradient, at.hiddenGradient, at.previous, size, reverse],
      ],
    });
  },
  crossEntropy: rowLosses("crossEntropy"),
  crfLoss(bench, draw) {
    const { tokens, lengths, longest, offsets } = sequences(draw, 9);
    const labels = draw(1, 13);
    drive(bench, draw, "crfLoss", {
      units: lengths.length,
      scratchBytes: bench.kernels.crfScratchBytes(longest, labels),
      regions: {
        emissions: floatsIn(tokens * labels),
        path: integersIn(tokens, () => draw(0, labels - 1)),
        offsets,
        start: floatsIn(labels),
        transitions: floatsIn(labels * labels),
        end: floatsIn(labels),
        losses: doublesOut(lengths.length),
        gradient: floatsOut(tokens * labels),
        partial: floatsOut(lengths.length * (labels * labels + 2 * labels)),
      },
      operands: (at) => [
        ...[at.emissions, at.path, at.offsets, at.start, at.transitions, at.end],
        ...[0.5, at.losses, at.gradient, at.partial, labels],
      ],
    });
  },
  binaryCrossEntropy: rowLosses("binaryCrossEntropy"),
  sample(bench, draw) {
    const [rows, columns] = [draw(1, 9), draw(1, 70)];
    const draws = [draw(0, 2 ** 31), draw(0, 99)];
    drive(bench, draw, "sample", {
      units: rows,
      regions: { logits: floatsIn(rows * columns), ids: integersOut(rows) },
      operands: (at) => [at.logits, at.ids, rows, columns, ...draws],
    });
  },
  replaceTokens(bench, draw) {
    const tokens = draw(1, 40);
    const positions = Array.from({ length: tokens }, (_, i) => i).filter(() => draw(0, 2) === 0);
    const id = () => draw(0, 9);
    drive(bench, draw, "replaceTokens", {
      units: positions.length,
      regions: {
        positions: input(Int32Array.from(positions)),
        tokens: integersIn(positions.length, id),
        inputIds: updated(Int32Array.from({ length: tokens }, id)),
        labels: updated(new Int32Array(tokens)),
      },
      operands: (at) => [at.positions, at.tokens, at.inputIds, at.labels],
    });
  },
  countHits(bench, draw) {
    const [rows, columns] = [draw(1, 20), draw(1, 40)];
    drive(bench, draw, "countHits", {
      units: 1,
      regions: {
        logits: floatsIn(rows * columns),
        labels: labelsIn(rows, columns, draw),
        counts: updated(Int32Array.of(5, 9)),
      },
      operands: (at) => [at.logits, at.labels, at.counts, rows, columns],
    });
  },
  scoreHistogram(bench, draw) {
    const [rows, bins] = [draw(1, 40), 2 * draw(1, 40)];
    drive(bench, draw, "scoreHistogram", {
      units: 1,
      regions: {
        logits: input(randomFloats(rows, rows, draw(1, 9))),
        labels: labelsIn(rows, 2, draw),
        histogram: updated(new Int32Array(2 * bins)),
      },
      operands: (at) => [at.logits, at.labels, at.histogram, rows, bins],
    });
  },
};

overTrainingBinaries((bench) => testShapes(bench, DRIVES, /Bytes$|^heapBase$/));
