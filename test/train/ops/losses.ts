import { crfLoss, crossEntropy, IGNORED } from "../../reference/training.ts";
import {
  doubles,
  expectedLoss,
  given,
  type OpCase,
  offsetsOf,
  RAGGED,
  randomFloats,
  written,
} from "./case.ts";

function crossEntropyCase(
  rows: number,
  columns: number,
  logits: Float32Array,
  kind: string,
  some = RAGGED,
): OpCase {
  const labels = Int32Array.from({ length: rows }, (_, i) =>
    i % 4 === 2 ? IGNORED : some[i % some.length] % columns,
  );
  const scale = 0.37;
  const { loss, gradient } = crossEntropy(doubles(logits), columns, labels);
  const values = gradient.map((slope) => slope * scale);
  return {
    operation: "crossEntropy",
    what: `${rows} × ${columns}, ${kind}`,
    operands: {
      logits: given(rows, columns, logits),
      gradient: written(rows, columns),
      sum: written(1, 1),
    },
    record: (device, { logits, gradient, sum }) =>
      device.crossEntropy(logits, device.integers(labels), scale, gradient, sum),
    expected: { gradient: { values, sizes: values.map(() => scale) }, sum: expectedLoss(loss) },
  };
}

const PARTS = ["start", "transitions", "end"] as const;
const GRADIENTS = { start: "startGradient", transitions: "transitionsGradient", end: "endGradient" } as const;

interface Labelled {
  readonly lengths: readonly number[];
  readonly count: number;
  readonly emissions: Float32Array;
  readonly start: Float32Array;
  readonly transitions: Float32Array;
  readonly end: Float32Array;
}

const pathOf = (steps: number, count: number) =>
  Int32Array.from({ length: steps }, (_, t) => (t * t * 3 + t + count - 1) % count);

function crfCase({ lengths, count, emissions, ...crf }: Labelled, kind: string): OpCase {
  const offsets = offsetsOf(lengths);
  const steps = offsets.at(-1)!;
  const labels = pathOf(steps, count);
  const scale = 0.21;
  const held = {
    start: randomFloats(count, 31),
    transitions: randomFloats(count * count, 32),
    end: randomFloats(count, 33),
  };
  const sums = { start: doubles(held.start), transitions: doubles(held.transitions), end: doubles(held.end) };
  const emissionsGradient = new Float64Array(steps * count);
  let loss = 0;
  for (const [i, begin] of offsets.slice(0, -1).entries()) {
    const end = offsets[i + 1];
    const own = doubles(emissions.subarray(begin * count, end * count));
    const one = crfLoss(crf, own, labels.subarray(begin, end));
    loss += one.loss;
    emissionsGradient.set(
      one.gradients.emissions.map((slope) => slope * scale),
      begin * count,
    );
    for (const part of PARTS) {
      one.gradients[part].forEach((slope, j) => {
        sums[part][j] += slope * scale;
      });
    }
  }
  const rowsOf = (part: (typeof PARTS)[number]) => (part === "transitions" ? count : 1);
  const matrices = PARTS.flatMap((part) => [
    [part, given(rowsOf(part), count, crf[part])] as const,
    [GRADIENTS[part], given(rowsOf(part), count, held[part])] as const,
  ]);
  return {
    operation: "crfLoss",
    what: `${lengths} steps, ${count} labels, ${kind}`,
    operands: {
      emissions: given(steps, count, emissions),
      emissionsGradient: written(steps, count),
      sum: written(1, 1),
      ...Object.fromEntries(matrices),
    },
    record(device, { emissions, emissionsGradient, sum, start, transitions, end, ...gradients }) {
      device.crfLoss(
        emissions,
        device.integers(labels),
        offsets,
        { start, transitions, end },
        scale,
        emissionsGradient,
        {
          start: gradients["startGradient"],
          transitions: gradients["transitionsGradient"],
          end: gradients["endGradient"],
        },
        sum,
      );
    },
    expected: {
      emissionsGradient: { values: emissionsGradient, sizes: emissionsGradient.map(() => scale) },
      sum: expectedLoss(loss),
      ...Object.fromEntries(PARTS.map((part) => [GRADIENTS[part], { values: sums[part] }])),
    },
  };
}

function labelled(lengths: readonly number[], count: number, scale = 1): Labelled {
  const steps = lengths.reduce((sum, length) => sum + length, 0);
  return {
    lengths,
    count,
    emissions: randomFloats(steps * count, 1, scale),
    start: randomFloats(count, 2, scale),
    transitions: randomFloats(count * count, 3, scale),
    end: randomFloats(count, 4, scale),
  };
}

/** As where a scheme's forbidden steps are given scores that no path survives; the labels take some of them. */
function forbidding(lengths: readonly number[], count: number): Labelled {
  const plain = labelled(lengths, count);
  const forbid = (values: Float32Array, every: number) =>
    values.map((score, i) => (i % every === 1 ? -1e4 - score : score));
  return {
    ...plain,
    start: forbid(plain.start, 3),
    transitions: forbid(plain.transitions, 2),
    end: forbid(plain.end, 4),
  };
}

/** Steps that no path may take, which are not among the labels' own: half of all that are left. */
function forbiddingWholly(lengths: readonly number[], count: number): Labelled {
  const plain = labelled(lengths, count);
  const path = pathOf(offsetsOf(lengths).at(-1)!, count);
  const taken = new Set(Array.from(path.subarray(1), (label, t) => path[t] * count + label));
  const starts = new Set(offsetsOf(lengths).map((first) => path[first]));
  return {
    ...plain,
    start: plain.start.map((score, i) => (i % 2 === 0 || starts.has(i) ? score : -Infinity)),
    transitions: plain.transitions.map((score, i) => (i % 2 === 0 || taken.has(i) ? score : -Infinity)),
  };
}

/** For devices on which −∞ is a number like others. */
export const infiniteCases = (): OpCase[] =>
  CRFS.map(([lengths, count]) => crfCase(forbiddingWholly(lengths, count), "steps of −∞"));

const CRFS: readonly (readonly [lengths: readonly number[], count: number])[] = [
  [[1], 1],
  [[1], 5],
  [[3, 1], 1],
  [[1, 1, 1], 2],
  [[4, 1, 7], 3],
  [[2, 9, 33], 8],
  [[17, 5], 13],
  [[48, 1, 20], 29],
  [[100], 41],
];

export function lossCases(): OpCase[] {
  const ragged = RAGGED.flatMap((columns, i) => {
    const rows = RAGGED[(i * 4 + 7) % RAGGED.length];
    return [
      crossEntropyCase(rows, columns, randomFloats(rows * columns, i, 2), "random"),
      crossEntropyCase(1, columns, randomFloats(columns, i, 2), "random"),
    ];
  });
  return [
    ...ragged,
    crossEntropyCase(9, 5, randomFloats(45, 1, 1e4), "huge logits"),
    crossEntropyCase(9, 5, randomFloats(45, 2, 1e30), "logits beyond all sense"),
    crossEntropyCase(9, 5, new Float32Array(45), "zeros"),
    crossEntropyCase(9, 5, randomFloats(45, 3, 1e-40), "logits that are no normal floats"),
    crossEntropyCase(40, 7, randomFloats(280, 4), "the first and last label", [0, 6]),
    crossEntropyCase(3, 1000, randomFloats(3000, 5), "many labels"),
    ...CRFS.flatMap(([lengths, count]) => [
      crfCase(labelled(lengths, count), "random"),
      crfCase(labelled(lengths, count, 10), "sure of itself"),
      crfCase(labelled(lengths, count, 0), "zeros"),
      crfCase(forbidding(lengths, count), "forbidden steps"),
    ]),
  ];
}
