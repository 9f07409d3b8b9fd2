import {
  gather,
  gatherBackward,
  layerNormBackward,
  layerNormStatistics,
  sumOfRows,
} from "../../reference/backward.ts";
import { layerNorm } from "../../reference/math.ts";
import { doubles, given, type OpCase, RAGGED, randomFloats, sizesOf, written } from "./case.ts";

function addRowsCase(rows: number, columns: number): OpCase {
  const [x, held] = [randomFloats(rows * columns, 1), randomFloats(columns, 2)];
  const sums = (of: (values: Float32Array) => Float64Array) =>
    sumOfRows(of(x), columns).map((sum, j) => sum + of(held)[j]);
  return {
    operation: "addRows",
    what: `${rows} × ${columns}`,
    operands: { x: given(rows, columns, x), out: given(1, columns, held) },
    record(device, { x, out }) {
      device.addRows(x, out);
    },
    expected: { out: { values: sums(doubles), sizes: sums((values) => sizesOf(values)) } },
  };
}

/** Ids with repetitions, the first and the last entry among them. */
const someIds = (count: number, entries: number) =>
  Int32Array.from({ length: count }, (_, i) => (entries - 1 + i * i * 5) % entries);

function gatherCase(count: number, entries: number, size: number, accumulate: boolean): OpCase {
  const ids = someIds(count, entries);
  const [table, held] = [randomFloats(entries * size, 1), randomFloats(count * size, 2)];
  const rows = gather(ids, doubles(table), size);
  const values = accumulate ? rows.map((value, i) => Math.fround(value + held[i])) : rows;
  return {
    operation: "gather",
    what: `${count} of ${entries} × ${size}${accumulate ? ", accumulate" : ""}`,
    operands: {
      table: given(entries, size, table),
      out: accumulate ? given(count, size, held) : written(count, size),
    },
    record(device, { table, out }) {
      device.gather(device.integers(ids), table, out, accumulate);
    },
    expected: { out: { values, sizes: sizesOf(values) } },
  };
}

function gatherBackwardCase(count: number, entries: number, size: number): OpCase {
  const ids = someIds(count, entries);
  const [gradient, held] = [randomFloats(count * size, 1), randomFloats(entries * size, 2)];
  const sums = (of: (values: Float32Array) => Float64Array) =>
    gatherBackward(ids, entries, size, of(gradient)).map((sum, i) => sum + of(held)[i]);
  return {
    operation: "gatherBackward",
    what: `${count} of ${entries} × ${size}`,
    operands: { gradient: given(count, size, gradient), tableGradient: given(entries, size, held) },
    record(device, { gradient, tableGradient }) {
      device.gatherBackward(device.integers(ids), gradient, tableGradient);
    },
    expected: { tableGradient: { values: sums(doubles), sizes: sums((values) => sizesOf(values)) } },
  };
}

/** Positions of two sequences, packed; then back from there. */
function rotaryCases(heads: number, headSize: number, parts: 2 | 3, lengths: readonly number[]): OpCase[] {
  const hidden = heads * headSize;
  const positions = lengths.flatMap((length) => [...Array(length).keys()]);
  const [rows, stride] = [positions.length, 3 * hidden];
  const most = Math.max(...lengths);
  const angle = (position: number, pair: number) => position / 10000 ** ((2 * pair) / headSize);
  const table = Float32Array.from({ length: most * headSize }, (_, at) => {
    const [position, column] = [Math.floor(at / headSize), at % headSize];
    const of = angle(position, column % (headSize / 2));
    return column < headSize / 2 ? Math.sin(of) : Math.cos(of);
  });
  const x = randomFloats(rows * stride, 3);
  return ([1, -1] as const).map((direction): OpCase => {
    const values = doubles(x).map((value, at, all) => {
      const column = at % stride;
      if (column >= parts * hidden) return value;
      const of = direction * angle(positions[Math.floor(at / stride)], Math.floor((column % headSize) / 2));
      const other = column % 2 === 0 ? -all[at + 1] : all[at - 1];
      return value * Math.cos(of) + other * Math.sin(of);
    });
    return {
      operation: "rotary",
      what: `${rows} rows of ${heads} × ${headSize}, ${parts} parts, direction ${direction}`,
      operands: { x: given(rows, stride, x), table: given(most, headSize, table) },
      record(device, { x, table }) {
        device.rotary(x, device.integers(positions), table, parts * hidden, direction);
      },
      expected: { x: { values, sizes: values.map((value) => 2 + Math.abs(value)) } },
    };
  });
}

const EPSILON = 1e-12;

/** Forward, and back from what a perfect way forward would have left. */
function layerNormCases(rows: number, size: number, x: Float32Array, kind = "random", slack = 1): OpCase[] {
  const [gamma, beta, gradient] = [
    randomFloats(size, 11),
    randomFloats(size, 12),
    randomFloats(rows * size, 13),
  ];
  const [heldGamma, heldBeta] = [randomFloats(size, 14), randomFloats(size, 15)];
  const [exact, exactGamma] = [doubles(x), doubles(gamma)];
  const statistics = layerNormStatistics(exact, size, EPSILON);
  const back = layerNormBackward(exact, exactGamma, EPSILON, doubles(gradient));
  const what = `${rows} × ${size}, ${kind}`;
  const given_ = {
    x: given(rows, size, x),
    gamma: given(1, size, gamma),
    statistics: given(rows, 2, Float32Array.from(statistics)),
    gradient: given(rows, size, gradient),
  };
  return [
    {
      operation: "layerNorm",
      what,
      slack,
      operands: {
        x: given_.x,
        gamma: given_.gamma,
        beta: given(1, size, beta),
        out: written(rows, size),
        statistics: written(rows, 2),
      },
      record(device, { x, gamma, beta, out, statistics }) {
        device.layerNorm(x, gamma, beta, out, statistics, EPSILON);
      },
      expected: {
        out: { values: layerNorm(exact, exactGamma, doubles(beta), EPSILON) },
        statistics: {
          values: statistics,
          sizes: statistics.map((value, i) => (i % 2 === 0 ? largestOf(x) : value)),
        },
      },
    },
    {
      operation: "layerNormBackward",
      what,
      slack,
      operands: { ...given_, out: written(rows, size) },
      record(device, { x, gamma, statistics, gradient, out }) {
        device.layerNormBackward(x, gamma, statistics, gradient, out);
      },
      expected: { out: { values: back.x, sizes: statisticsOfRows(statistics, size) } },
    },
    {
      operation: "layerNormParametersBackward",
      what,
      slack,
      operands: {
        x: given_.x,
        statistics: given_.statistics,
        gradient: given_.gradient,
        gammaGradient: given(1, size, heldGamma),
        betaGradient: given(1, size, heldBeta),
      },
      record(device, { x, statistics, gradient, gammaGradient, betaGradient }) {
        device.layerNormParametersBackward(x, statistics, gradient, gammaGradient, betaGradient);
      },
      expected: {
        gammaGradient: { values: back.gamma.map((sum, j) => sum + heldGamma[j]) },
        betaGradient: { values: back.beta.map((sum, j) => sum + heldBeta[j]) },
      },
    },
  ];
}

const largestOf = (values: Float32Array) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Gradients of about 1 come out as large as the row's 1 / deviation. */
const statisticsOfRows = (statistics: Float64Array, size: number) =>
  Float64Array.from(
    { length: (statistics.length / 2) * size },
    (_, i) => statistics[2 * Math.floor(i / size) + 1],
  );

export function rowCases(): OpCase[] {
  return [
    ...rotaryCases(3, 6, 2, [5, 9]),
    ...rotaryCases(1, 2, 2, [1]), // turned by nothing
    ...rotaryCases(2, 6, 3, [4, 1, 2]),
    ...rotaryCases(4, 8, 2, [17, 30]),
    ...rotaryCases(1, 64, 3, [3]),
    ...RAGGED.flatMap((size, i) => {
      const others = RAGGED[(i * 4 + 7) % RAGGED.length];
      return [
        addRowsCase(others, size),
        addRowsCase(1, size),
        gatherCase(others, 11, size, false),
        gatherCase(others, 11, size, true),
        gatherCase(3, 1, size, false),
        gatherBackwardCase(others, 11, size),
        gatherBackwardCase(3, 1, size),
      ];
    }),
    gatherBackwardCase(300, 2, 70),
    addRowsCase(1000, 21),
    ...RAGGED.slice(1).flatMap((size, i) =>
      [1, RAGGED[(i * 4 + 7) % RAGGED.length]].flatMap((rows) =>
        layerNormCases(rows, size, randomFloats(rows * size, i)),
      ),
    ),
    ...layerNormCases(5, 256, randomFloats(5 * 256, 1)),
    // A float of about 1,000 has five digits after the point, of which its deviation's are the first.
    ...layerNormCases(
      5,
      60,
      randomFloats(5 * 60, 1).map((x) => x + 1000),
      "far from 0",
      300,
    ),
    ...layerNormCases(5, 60, randomFloats(5 * 60, 2, 1e15), "large"),
    ...layerNormCases(5, 60, randomFloats(5 * 60, 3, 1e-3), "small"),
    ...layerNormCases(3, 1, Float32Array.of(3, 0, -7), "one value a row: 0 / 0 but for epsilon"),
    ...layerNormCases(4, 9, new Float32Array(36), "zeros"),
  ];
}
