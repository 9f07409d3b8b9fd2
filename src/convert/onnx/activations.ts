/** A function of one number, as an activation is. */
export type Pointwise = (x: number) => number;

export const ACTIVATIONS = {
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  gelu_new: (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  relu: (x) => Math.max(0, x),
  silu: (x) => x * sigmoid(x),
  tanh: Math.tanh,
  sigmoid,
} as const satisfies Readonly<Record<string, Pointwise>>;

/** Where those functions differ most, and where they are alike. */
const PROBES = [-3, -2.2, -1.5, -0.5, 0, 0.5, 1.5, 2.2, 3];

/** More than float16's constants make of a function, and less than GELU differs from its approximation by tanh. */
const TOLERANCE = 2e-4;

/** What an activation that is spelt out in simpler operators is called; undefined for one that has no name here. */
export function recognizeActivation(apply: Pointwise): string | undefined {
  let [name, least]: [string | undefined, number] = [undefined, TOLERANCE];
  for (const [candidate, known] of Object.entries(ACTIVATIONS)) {
    const error = Math.max(...PROBES.map((x) => Math.abs(apply(x) - known(x))));
    if (error < least) [name, least] = [candidate, error];
  }
  return name;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Within 1.5e-7: Abramowitz and Stegun 1964, 7.1.26. */
export function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}
