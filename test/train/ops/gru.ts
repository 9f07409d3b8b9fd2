import { gru, gruBackward } from "../../reference/gru.ts";
import { doubles, given, type OpCase, offsetsOf, randomFloats, written } from "./case.ts";

interface Layer {
  readonly lengths: readonly number[];
  readonly size: number;
  readonly reverse: boolean;
  readonly inputs: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** Every sequence for itself. */
function reference({ lengths, size, reverse, ...layer }: Layer, gradient: Float64Array) {
  const [inputs, weight, bias] = [layer.inputs, layer.weight, layer.bias].map(doubles) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const out = new Float64Array(gradient.length);
  const slopes = {
    inputs: new Float64Array(inputs.length),
    weight: new Float64Array(weight.length),
    bias: new Float64Array(bias.length),
  };
  const offsets = offsetsOf(lengths);
  lengths.forEach((length, sequence) => {
    const first = offsets[sequence];
    const own = inputs.subarray(first * 3 * size, (first + length) * 3 * size);
    out.set(gru(own, weight, bias, reverse), first * size);
    const back = gradient.subarray(first * size, (first + length) * size);
    const one = gruBackward(own, weight, bias, reverse, back);
    slopes.inputs.set(one.inputs, first * 3 * size);
    for (const part of ["weight", "bias"] as const) {
      one[part].forEach((slope, i) => {
        slopes[part][i] += slope;
      });
    }
  });
  return { out, slopes };
}

/** The direction's half of rows of twice the size. */
const halfOf = ({ size, reverse }: Layer, x: Float32Array): Float64Array =>
  doubles(x.filter((_, i) => i % (2 * size) < size !== reverse));

/** Such rows with their one half replaced. */
function withHalf({ size, reverse }: Layer, x: Float32Array, half: Float64Array): Float64Array {
  let next = 0;
  return doubles(x).map((value, i) => (i % (2 * size) < size !== reverse ? half[next++] : value));
}

function gruCases(layer: Layer, kind: string, slack = 1): OpCase[] {
  const { lengths, size, reverse } = layer;
  const offsets = offsetsOf(lengths);
  const tokens = offsets.at(-1)!;
  const [held, gradient] = [randomFloats(tokens * 2 * size, 5), randomFloats(tokens * 2 * size, 6)];
  const weightGradient = randomFloats(3 * size * size, 7);
  const biasGradient = randomFloats(3 * size, 8);
  const { out, slopes } = reference(layer, halfOf(layer, gradient));
  const what = `${lengths} tokens of ${size}, ${reverse ? "backward" : "forward"}, ${kind}`;
  const operands = {
    inputs: given(tokens, 3 * size, layer.inputs),
    weight: given(3 * size, size, layer.weight),
    bias: given(1, 3 * size, layer.bias),
    out: given(tokens, 2 * size, held),
  };
  const results = { out: { values: withHalf(layer, held, out) } };
  const added = (slopes: Float64Array, to: Float32Array) => slopes.map((slope, i) => slope + to[i]);
  return [
    {
      operation: "gru",
      what,
      slack,
      operands,
      record(device, { inputs, weight, bias, out }) {
        device.gru(inputs, weight, bias, out, offsets, reverse);
      },
      expected: results,
    },
    {
      operation: "gruBackward",
      what,
      slack,
      operands: {
        ...operands,
        gradient: given(tokens, 2 * size, gradient),
        inputsGradient: written(tokens, 3 * size),
        weightGradient: given(3 * size, size, weightGradient),
        biasGradient: given(1, 3 * size, biasGradient),
      },
      record(device, { inputs, weight, bias, out, gradient, ...gradients }) {
        const kept = device.gru(inputs, weight, bias, out, offsets, reverse);
        const { inputsGradient, weightGradient, biasGradient } = gradients;
        device.gruBackward(
          weight,
          out,
          kept,
          gradient,
          inputsGradient,
          weightGradient,
          biasGradient,
          offsets,
          reverse,
        );
      },
      expected: {
        ...results,
        inputsGradient: { values: slopes.inputs },
        weightGradient: { values: added(slopes.weight, weightGradient) },
        biasGradient: { values: added(slopes.bias, biasGradient) },
      },
    },
  ];
}

const BATCHES: readonly (readonly number[])[] = [
  [1],
  [3, 1, 4],
  [5],
  [9, 2, 1, 1],
  [17, 33],
  [1, 2, 3, 4, 5],
];
const SIZES: readonly number[] = [1, 2, 3, 4, 5, 8, 11, 16, 21, 32, 47, 65];

export function gruOpCases(): OpCase[] {
  const build = (lengths: readonly number[], size: number, reverse: boolean, scale = 1): Layer => {
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    return {
      lengths,
      size,
      reverse,
      inputs: randomFloats(tokens * 3 * size, size, scale),
      weight: randomFloats(3 * size * size, size + 1, scale / Math.sqrt(size)),
      bias: randomFloats(3 * size, size + 2, scale),
    };
  };
  return [
    ...SIZES.flatMap((size, i) =>
      [false, true].flatMap((reverse) =>
        gruCases(build(BATCHES[(i + +reverse) % BATCHES.length], size, reverse), "as usual"),
      ),
    ),
    ...gruCases(build([4, 3], 6, false, 0), "zeros"),
    ...gruCases(build([4, 3], 6, true, 1e-20), "tiny values"),
    // Of gates so far open or shut the slopes vanish, and with them all but their rounding.
    ...gruCases(build([4, 3], 6, false, 30), "gates wide open or shut", 100),
  ];
}
