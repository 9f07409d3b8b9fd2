// Gated recurrent units (Cho et al. 2014) in the form that torch.nn.GRU has, in float64 and in the plainest form: a GRU
// reads a sequence step by step, and keeps what its gates let through.
//
//   r = σ(W_ir x + b_ir + W_hr h + b_hr)                how much of h the new part may see
//   z = σ(W_iz x + b_iz + W_hz h + b_hz)                how much of h stays
//   n = tanh(W_in x + b_in + r ∘ (W_hn h + b_hn))       the new part
//   h' = (1 − z) ∘ n + z ∘ h
//
// Matrices and biases of the three gates lie one below the other in this order.

import { type Checkpoint, values } from "./checkpoint.ts";
import { linear } from "./math.ts";

/** What a step of a GRU came to, and what its way back needs: [size] each. */
interface Step {
  readonly r: Float64Array;
  readonly z: Float64Array;
  readonly n: Float64Array;
  /** W_hn h + b_hn */
  readonly hidden: Float64Array;
  /** The h that it began with. */
  readonly before: Float64Array;
  readonly after: Float64Array;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * One direction over one sequence, from h = 0 on.
 *
 * @param inputs [steps, 3 · size]: W_i x + b_i
 * @param weight W_h [3 · size, size]
 * @param bias b_h [3 · size]
 * @param reverse whether the last step comes first
 * @returns h of each step, [steps, size]
 */
export function gru(
  inputs: Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  reverse: boolean,
): Float64Array {
  const steps = gruSteps(inputs, weight, bias, reverse);
  return Float64Array.from(steps.flatMap(({ after }) => [...after]));
}

/** The steps of {@link gru} in the sequence's order. */
function gruSteps(
  inputs: Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  reverse: boolean,
): readonly Step[] {
  const size = bias.length / 3;
  const steps: Step[] = [];
  let h = new Float64Array(size);
  for (const t of order(inputs.length / bias.length, reverse)) {
    const ofInputs = inputs.subarray(t * 3 * size, (t + 1) * 3 * size);
    const ofHidden = linear(h, weight, bias);
    const part = (gate: number, i: number) => ofInputs[gate * size + i] + ofHidden[gate * size + i];
    const r = h.map((_, i) => sigmoid(part(0, i)));
    const z = h.map((_, i) => sigmoid(part(1, i)));
    const hidden = ofHidden.slice(2 * size);
    const n = h.map((_, i) => Math.tanh(ofInputs[2 * size + i] + r[i] * hidden[i]));
    const after = h.map((held, i) => (1 - z[i]) * n[i] + z[i] * held);
    steps[t] = { r, z, n, hidden, before: h, after };
    h = after;
  }
  return steps;
}

/** Back through {@link gru}, the last step first. @param gradient by each step's h, [steps, size] */
export function gruBackward(
  inputs: Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  reverse: boolean,
  gradient: Float64Array,
): { inputs: Float64Array; weight: Float64Array; bias: Float64Array } {
  const size = bias.length / 3;
  const steps = gruSteps(inputs, weight, bias, reverse);
  const slopes = {
    inputs: new Float64Array(inputs.length),
    weight: new Float64Array(weight.length),
    bias: new Float64Array(bias.length),
  };
  let carried = new Float64Array(size);
  for (const t of order(steps.length, reverse).reverse()) {
    const { r, z, n, hidden, before } = steps[t];
    const next = new Float64Array(size);
    const ofHidden = new Float64Array(3 * size); // by W_h h + b_h
    for (let i = 0; i < size; i++) {
      const g = gradient[t * size + i] + carried[i];
      const ofN = g * (1 - z[i]) * (1 - n[i] ** 2);
      const ofZ = g * (before[i] - n[i]) * z[i] * (1 - z[i]);
      const ofR = ofN * hidden[i] * r[i] * (1 - r[i]);
      slopes.inputs[t * 3 * size + i] = ofR;
      slopes.inputs[(t * 3 + 1) * size + i] = ofZ;
      slopes.inputs[(t * 3 + 2) * size + i] = ofN;
      ofHidden[i] = ofR;
      ofHidden[size + i] = ofZ;
      ofHidden[2 * size + i] = ofN * r[i];
      next[i] = g * z[i];
    }
    for (let row = 0; row < 3 * size; row++) {
      slopes.bias[row] += ofHidden[row];
      for (let i = 0; i < size; i++) {
        slopes.weight[row * size + i] += ofHidden[row] * before[i];
        next[i] += ofHidden[row] * weight[row * size + i];
      }
    }
    carried = next;
  }
  return slopes;
}

/**
 * Layers of GRUs that read in both directions, by their names in a checkpoint of torch's. Each layer reads what the two of
 * the one before say, side by side.
 *
 * @param x [steps, inputs]
 * @returns [steps, 2 · size]: the forward direction's h, then the backward one's
 */
export function bidirectionalGru(checkpoint: Checkpoint, layers: number, x: Float64Array): Float64Array {
  let out = x;
  for (let layer = 0; layer < layers; layer++) {
    const [forward, backward] = ["", "_reverse"].map((suffix) => {
      const of = (name: string) => values(checkpoint, `gru.${name}_l${layer}${suffix}`);
      const inputs = linear(out, of("weight_ih"), of("bias_ih"));
      return gru(inputs, of("weight_hh"), of("bias_hh"), suffix !== "");
    }) as [Float64Array, Float64Array];
    const size = values(checkpoint, `gru.bias_hh_l${layer}`).length / 3;
    out = Float64Array.from({ length: 2 * forward.length }, (_, i) => {
      const [step, column] = [Math.floor(i / (2 * size)), i % (2 * size)];
      return column < size ? forward[step * size + column] : backward[step * size + column - size];
    });
  }
  return out;
}

/** The numbers of the steps in the order in which they are gone through. */
function order(steps: number, reverse: boolean): number[] {
  const ascending = [...Array(steps).keys()];
  return reverse ? ascending.reverse() : ascending;
}
