import type { AdamW } from "../../../src/train/device.ts";
import { adamW, norm } from "../../reference/training.ts";
import { doubles, given, type OpCase, type Operand, RAGGED, randomFloats } from "./case.ts";

function normCase(tensors: readonly Float32Array[], what: string): OpCase {
  const operands = Object.fromEntries(
    tensors.map((values, i): [string, Operand] => [`tensor ${i}`, given(1, values.length, values)]),
  );
  return {
    operation: "norm",
    what,
    operands,
    record: (device, at) => device.norm(tensors.map((_, i) => at[`tensor ${i}`])),
    expected: {},
    returned: norm(tensors),
  };
}

const SETTINGS: AdamW = {
  learningRate: 3e-4,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  correction1: 1,
  correction2: 1,
  gradientScale: 1,
};

const KINDS: Readonly<Record<string, Partial<AdamW>>> = {
  "without bias correction": { epsilon: 1e-6 },
  "bias correction of step 1": { correction1: 1 - 0.9, correction2: 1 - 0.999 },
  "bias correction of step 1000": { correction1: 1 - 0.9 ** 1000, correction2: 1 - 0.999 ** 1000 },
  clipping: { gradientScale: 0.037 },
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

function adamWCase(before: Weights, settings: AdamW, what: string): OpCase {
  const [rows, columns] = [1, before.value.length];
  const state = {
    value: doubles(before.value),
    firstMoment: doubles(before.firstMoment),
    secondMoment: doubles(before.secondMoment),
  };
  const gradient = doubles(before.gradient);
  const after = adamW(state, gradient, settings);
  const sizes = {
    value: after.value.map((next, i) => Math.abs(state.value[i]) + Math.abs(next - state.value[i])),
    firstMoment: state.firstMoment.map((mean, i) => Math.abs(mean) + Math.abs(gradient[i])),
    secondMoment: after.secondMoment,
  };
  return {
    operation: "adamW",
    what: `${columns}, ${what}`,
    operands: {
      value: given(rows, columns, before.value),
      gradient: given(rows, columns, before.gradient),
      firstMoment: given(rows, columns, before.firstMoment),
      secondMoment: given(rows, columns, before.secondMoment),
    },
    record(device, { value, gradient, firstMoment, secondMoment }) {
      device.adamW({ value, gradient, firstMoment, secondMoment }, settings);
      return undefined;
    },
    expected: {
      value: { values: after.value, sizes: sizes.value },
      firstMoment: { values: after.firstMoment, sizes: sizes.firstMoment },
      secondMoment: { values: after.secondMoment, sizes: sizes.secondMoment },
    },
  };
}

export function optimizerCases(): OpCase[] {
  const counts = [...RAGGED, 1023, 1024, 1025, 3001];
  const kinds = Object.entries(KINDS);
  return [
    ...counts.map((count) => normCase([randomFloats(count, count)], `${count} values`)),
    normCase(
      RAGGED.map((count) => randomFloats(count, count)),
      "several tensors",
    ),
    normCase([randomFloats(65_535, 1), randomFloats(65_537, 2), randomFloats(150_001, 3)], "large tensors"),
    normCase([new Float32Array(70_000)], "zeros"),
    normCase([randomFloats(100, 1, 1e15), randomFloats(9, 1, 1e-15)], "values of all sizes"),
    normCase([randomFloats(100, 1, 1e-15)], "tiny values"),
    ...counts.map((count, i) => {
      const [kind, settings] = kinds[i % kinds.length];
      return adamWCase(weights(count), { ...SETTINGS, ...settings }, kind);
    }),
    ...kinds.flatMap(([kind, settings]) => [
      adamWCase(weights(41, 1, 0), { ...SETTINGS, ...settings }, `${kind}, the first step`),
      adamWCase(weights(41, 0), { ...SETTINGS, ...settings }, `${kind}, gradients of 0`),
      adamWCase(weights(41, 1e12), { ...SETTINGS, ...settings }, `${kind}, huge gradients`),
      adamWCase(weights(41, 1e-12), { ...SETTINGS, ...settings }, `${kind}, tiny gradients`),
      adamWCase(weights(41, 1e-30), { ...SETTINGS, ...settings }, `${kind}, gradients whose squares are 0`),
    ]),
  ];
}
