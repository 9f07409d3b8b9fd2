import type { Dropout } from "../../../src/train/device.ts";
import { uniform } from "../../../src/train/random.ts";
import { attention, attentionBackward, dropoutMask } from "../../reference/backward.ts";
import { doubles, given, type OpCase, offsetsOf, randomFloats, written } from "./case.ts";

interface Sequences {
  readonly lengths: readonly number[];
  readonly heads: number;
  readonly headSize: number;
  readonly dropout: Dropout;
  readonly queryKeyValue: Float32Array;
}

/** Rows and columns of a matrix [rows, width] as one of their own, and back. */
function block(x: Float64Array, width: number, row: number, rows: number, column: number, columns: number) {
  const at = (i: number) => (row + Math.floor(i / columns)) * width + column + (i % columns);
  return {
    values: Float64Array.from({ length: rows * columns }, (_, i) => x[at(i)]),
    put(values: Float64Array) {
      values.forEach((value, i) => {
        x[at(i)] = value;
      });
    },
  };
}

/** Every sequence and head for itself; dropout counts their probabilities one after the other, sequence by sequence. */
function reference(
  { lengths, heads, headSize, dropout, queryKeyValue }: Sequences,
  contextGradient: Float32Array,
) {
  const [hidden, offsets] = [heads * headSize, offsetsOf(lengths)];
  const [x, gradient] = [doubles(queryKeyValue), doubles(contextGradient)];
  const context = new Float64Array(gradient.length);
  const back = new Float64Array(x.length);
  let drawn = 0;
  lengths.forEach((length, sequence) => {
    for (let head = 0; head < heads; head++) {
      const at = [offsets[sequence], length] as const;
      const part = (matrix: Float64Array, third: number) =>
        block(matrix, 3 * hidden, ...at, third * hidden + head * headSize, headSize);
      const [query, key, value] = [0, 1, 2].map((third) => part(x, third).values) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const mask = dropoutMask(length * length, Math.fround(dropout.probability), (i) =>
        uniform(dropout.seed, dropout.site, drawn + i),
      );
      drawn += length * length;
      const own = (matrix: Float64Array) => block(matrix, hidden, ...at, head * headSize, headSize);
      own(context).put(attention(query, key, value, headSize, mask));
      const slopes = attentionBackward(query, key, value, headSize, mask, own(gradient).values);
      [slopes.query, slopes.key, slopes.value].forEach((values, third) => {
        part(back, third).put(values);
      });
    }
  });
  return { context, back };
}

function attentionCases(sequences: Sequences, kind: string, slack = 1): OpCase[] {
  const { lengths, heads, headSize, dropout } = sequences;
  const [hidden, offsets] = [heads * headSize, offsetsOf(lengths)];
  const tokens = offsets.at(-1)!;
  const contextGradient = randomFloats(tokens * hidden, 21);
  const { context, back } = reference(sequences, contextGradient);
  const queryKeyValue = given(tokens, 3 * hidden, sequences.queryKeyValue);
  const what = `${lengths} tokens, ${heads} × ${headSize}, ${kind}`;
  return [
    {
      operation: "attention",
      what,
      slack,
      operands: { queryKeyValue, context: written(tokens, hidden) },
      record(device, { queryKeyValue, context }) {
        device.attention(queryKeyValue, context, offsets, heads, dropout);
      },
      expected: { context: { values: context } },
    },
    {
      operation: "attentionBackward",
      what,
      slack,
      operands: {
        queryKeyValue,
        context: written(tokens, hidden),
        contextGradient: given(tokens, hidden, contextGradient),
        queryKeyValueGradient: written(tokens, 3 * hidden),
      },
      record(device, { queryKeyValue, context, contextGradient, queryKeyValueGradient }) {
        const kept = device.attention(queryKeyValue, context, offsets, heads, dropout);
        device.attentionBackward(
          queryKeyValue,
          context,
          kept,
          contextGradient,
          queryKeyValueGradient,
          offsets,
          heads,
          dropout,
        );
      },
      expected: { context: { values: context }, queryKeyValueGradient: { values: back } },
    },
  ];
}

const BATCHES: readonly (readonly number[])[] = [
  [1],
  [3, 1, 4],
  [5],
  [1, 1, 7, 8],
  [9, 15, 1],
  [16, 17],
  [33, 2],
  [47, 48, 49],
  [100],
  [1, 2, 3, 4, 5, 6, 7, 8, 9],
];
const HEADS: readonly (readonly [heads: number, headSize: number])[] = [
  [1, 1],
  [2, 3],
  [4, 4],
  [1, 5],
  [3, 7],
  [2, 8],
  [4, 16],
  [2, 33],
  [1, 64],
  [4, 20],
];

export function attentionOpCases(): OpCase[] {
  const NONE: Dropout = { probability: 0, seed: 0, site: 0 };
  const build = (
    lengths: readonly number[],
    [heads, headSize]: readonly [number, number],
    dropout: Dropout,
    scale = 1,
  ) => {
    const count = lengths.reduce((sum, length) => sum + length, 0) * heads * headSize * 3;
    return { lengths, heads, headSize, dropout, queryKeyValue: randomFloats(count, count, scale) };
  };
  const plain = BATCHES.flatMap((lengths, i) =>
    [HEADS[i], HEADS[(i * 3 + 4) % HEADS.length]].flatMap((heads) => [
      ...attentionCases(build(lengths, heads, NONE), "nothing dropped"),
      ...attentionCases(
        build(lengths, heads, { probability: 0.1, seed: 1000 + i, site: i }),
        "a tenth dropped",
      ),
    ]),
  );
  return [
    ...plain,
    ...attentionCases(
      build([5, 12], [2, 8], { probability: 0.9, seed: 0xffff_ffff, site: 3 }),
      "most dropped",
    ),
    ...attentionCases(build([5, 12], [2, 8], NONE, 0), "zeros"),
    ...attentionCases(build([5, 12], [2, 8], NONE, 1e-20), "tiny values"),
    // Scores of thousands: a float's rounding of them moves the shares by a thousandth.
    ...attentionCases(build([5, 12], [2, 8], NONE, 30), "scores that leave one share alone", 1000),
  ];
}
