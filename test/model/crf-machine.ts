import { Crf } from "../../src/model/crf/crf.ts";
import type { Weights } from "../../src/model/weights.ts";
import { Machine } from "../../src/wasm/machine.ts";
import { kernelModule } from "../../src/wasm/module-inline.ts";
import { randomFloats } from "../kernels/harness.ts";
import type { Crf as Scores } from "../reference/crf.ts";

const MODULE = await kernelModule("simd");

/** A CRF alone on a machine of its own, and a place for its emissions. */
export async function crfOnKernels(scores: Scores, maxSteps: number) {
  const labels = scores.start.length;
  const machine = await Machine.create(MODULE);
  const addresses = new Map<string, number>();
  const plain = (name: string): number => {
    const address = machine.reserve(labels * labels * 4);
    addresses.set(name, address);
    return address;
  };
  const crf = new Crf(machine, { plain } as unknown as Weights, labels, maxSteps);
  const place = machine.reserve(maxSteps * labels * 4);
  machine.commit();
  for (const [name, values] of [
    ["crf.start_transitions", scores.start],
    ["crf.transitions", scores.transitions],
    ["crf.end_transitions", scores.end],
  ] as const) {
    machine.floats(addresses.get(name)!, values.length).set(values);
  }
  crf.packTransitions();
  return {
    crf,
    /** Puts emissions in place and returns their address. */
    emit(emissions: Float32Array): number {
      machine.floats(place, emissions.length).set(emissions);
      return place;
    },
  };
}

export function randomScores(labels: number, seed: number, scale = 2): Scores {
  return {
    start: randomFloats(labels, seed, scale),
    transitions: randomFloats(labels * labels, seed + 1, scale),
    end: randomFloats(labels, seed + 2, scale),
  };
}

/** Whole numbers have exact sums and many ties. */
export function wholeScores(labels: number, seed: number): Scores {
  const { start, transitions, end } = randomScores(labels, seed, 1);
  const round = (values: ArrayLike<number>) => Float32Array.from(values, Math.round);
  return { start: round(start), transitions: round(transitions), end: round(end) };
}

/** Every number of labels and steps up to 6, with a seed for each. */
export function* smallShapes(): Generator<{ labels: number; steps: number; seed: number }> {
  for (let labels = 1; labels <= 6; labels++) {
    for (let steps = 1; steps <= 6; steps++) yield { labels, steps, seed: 100 * labels + 10 * steps };
  }
}
