import type { AdamW, ParameterStep } from "../../../src/train/device.ts";
import { adamW, norm } from "../../reference/training.ts";
import { doubles, type Expected, given, type OpCase, RAGGED, randomFloats, written } from "./case.ts";

function normCase(values: Float32Array, what: string): OpCase {
  return {
    operation: "norm",
    what,
    operands: { x: given(1, values.length, values), out: written(1, 1) },
    record: (device, { x, out }) => device.norm(x, out),
    expected: { out: { values: Float64Array.of(norm([values])) } },
  };
}

type Settings = AdamW & Pick<ParameterStep, "learningRate" | "weightDecay">;

const SETTINGS: Settings = {
  learningRate: 3e-4,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  correction1: 1,
  correction2: 1,
  clipNorm: 1e9,
};
/** Of all gradients, as the operation is told. */
const NORM = 27;

const KINDS: Readonly<Record<string, Partial<Settings>>> = {
  "without bias correction": { epsilon: 1e-6 },
  "bias correction of step 1": { correction1: 1 - 0.9, correction2: 1 - 0.999 },
  "bias correction of step 1000": { correction1: 1 - 0.9 ** 1000, correction2: 1 - 0.999 ** 1000 },
  clipping: { clipNorm: 1 },
  "without decay": { weightDecay: 0 },
  "a learning rate of 0": { learningRate: 0 },
};

interface Weights {
  readonly value: Float32Array;
  readonly gradient: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

const weights = (count: number, scale = 1, moments = 1): Weights => ({
  value: randomFloats(count, 1, 0.02),
  gradient: randomFloats(count, 2, scale),
  firstMoment: randomFloats(count, 3, 0.1 * scale * moments),
  secondMoment: randomFloats(count, 4, 0.1 * scale * moments).map((x) => x * x),
});

/** Where the parts of a parameter lie, of several. */
const parts = (index: number) => ({
  value: `value ${index}`,
  gradient: `gradient ${index}`,
  firstMoment: `first moment ${index}`,
  secondMoment: `second moment ${index}`,
});

function expectedStep(before: Weights, settings: Settings, index: number): [string, Expected][] {
  const state = {
    value: doubles(before.value),
    firstMoment: doubles(before.firstMoment),
    secondMoment: doubles(before.secondMoment),
  };
  const gradient = doubles(before.gradient);
  const gradientScale = Math.min(1, settings.clipNorm / (NORM + 1e-6));
  const after = adamW(state, gradient, { ...settings, gradientScale });
  const sizes = {
    value: after.value.map((next, i) => Math.abs(state.value[i]) + Math.abs(next - state.value[i])),
    firstMoment: state.firstMoment.map((mean, i) => Math.abs(mean) + Math.abs(gradient[i])),
    secondMoment: after.secondMoment,
  };
  const at = parts(index);
  return (["value", "firstMoment", "secondMoment"] as const).map((part) => [
    at[part],
    { values: after[part], sizes: sizes[part] },
  ]);
}

/** Parameters of one step, each at a rate and a decay of its own; nothing is to change where the norm is not finite. */
function adamWCase(parameters: readonly Weights[], settings: Settings, what: string, norm = NORM): OpCase {
  const own = parameters.map((weights, i) => ({
    weights,
    settings: {
      ...settings,
      learningRate: settings.learningRate * (i + 1),
      weightDecay: settings.weightDecay / (i + 1),
    },
  }));
  return {
    operation: "adamW",
    what: `${parameters.map(({ value }) => value.length)}, ${what}`,
    operands: {
      norm: given(1, 1, Float32Array.of(norm)),
      ...Object.fromEntries(
        own.flatMap(({ weights }, i) => {
          const at = parts(i);
          const kinds = Object.keys(at) as (keyof Weights)[];
          return kinds.map((kind) => [at[kind], given(1, weights[kind].length, weights[kind])] as const);
        }),
      ),
    },
    record(device, at) {
      const steps = own.map(({ settings: { learningRate, weightDecay } }, i) => {
        const names = parts(i);
        return {
          value: at[names.value],
          gradient: at[names.gradient],
          firstMoment: at[names.firstMoment],
          secondMoment: at[names.secondMoment],
          learningRate,
          weightDecay,
        };
      });
      device.adamW(steps, settings, at["norm"]);
    },
    expected: Number.isFinite(norm)
      ? Object.fromEntries(own.flatMap(({ weights, settings }, i) => expectedStep(weights, settings, i)))
      : {},
  };
}

export function optimizerCases(): OpCase[] {
  const counts = [...RAGGED, 1023, 1024, 1025, 3001];
  const kinds = Object.entries(KINDS).map(([kind, some]) => [kind, { ...SETTINGS, ...some }] as const);
  return [
    ...counts.map((count) => normCase(randomFloats(count, count), `${count} values`)),
    ...[65_535, 65_536, 65_537, 150_001].map((count) => normCase(randomFloats(count, 1), `${count} values`)),
    normCase(new Float32Array(70_000), "zeros"),
    normCase(
      Float32Array.of(...randomFloats(100, 1, 1e15), ...randomFloats(9, 1, 1e-15)),
      "values of all sizes",
    ),
    normCase(randomFloats(100, 1, 1e-15), "tiny values"),
    ...counts.map((count, i) => {
      const [kind, settings] = kinds[i % kinds.length];
      return adamWCase([weights(count)], settings, kind);
    }),
    ...kinds.flatMap(([kind, settings]) => [
      adamWCase([weights(41, 1, 0)], settings, `${kind}, the first step`),
      adamWCase([weights(41, 0)], settings, `${kind}, gradients of 0`),
      adamWCase([weights(41, 1e12)], settings, `${kind}, huge gradients`),
      adamWCase([weights(41, 1e-12)], settings, `${kind}, tiny gradients`),
      adamWCase([weights(41, 1e-30)], settings, `${kind}, gradients whose squares are 0`),
      adamWCase([weights(41), weights(7), weights(1030)], settings, `${kind}, several parameters`),
    ]),
    ...[Number.NaN, Infinity].map((norm) =>
      adamWCase([weights(41), weights(7)], SETTINGS, `a norm of ${norm}`, norm),
    ),
  ];
}
