import type { ParameterStep, Trained } from "../device.ts";
import { STEP_VALUES } from "./kernels/optimizer.ts";
import { type GpuBuffer, sizeOf } from "./memory.ts";

/** Parameters whose values lie at the same places of four buffers, and so take their step in one go. */
export interface JointStep {
  readonly whole: Readonly<Record<keyof Trained, GpuBuffer>>;
  /** Of the blocks that workgroups take, as {@link adamW} reads them. */
  readonly blocks: number[];
}

const PARTS = ["value", "gradient", "firstMoment", "secondMoment"] as const;

/** @param correction of the first moment */
export function jointSteps(steps: readonly ParameterStep[], correction: number): JointStep[] {
  const joint: JointStep[] = [];
  for (const step of steps) {
    const parts = PARTS.map((part) => step[part] as GpuBuffer);
    const apart = new Set(parts.map(({ memory }) => memory)).size === parts.length;
    const together = apart && parts.every(({ offset }) => offset === parts[0]!.offset);
    const buffers = together ? parts.map(wholeOf) : parts;
    let own = together
      ? joint.find(({ whole }) => PARTS.every((part, i) => isSame(whole[part], buffers[i]!)))
      : undefined;
    if (own === undefined) {
      const [value, gradient, firstMoment, secondMoment] = buffers as [
        GpuBuffer,
        GpuBuffer,
        GpuBuffer,
        GpuBuffer,
      ];
      own = { whole: { value, gradient, firstMoment, secondMoment }, blocks: [] };
      joint.push(own);
    }
    const first = together ? parts[0]!.offset / 4 : 0;
    const count = sizeOf(step.value);
    const rate = bitsOf(step.learningRate / correction);
    const kept = bitsOf(1 - step.learningRate * step.weightDecay);
    for (let at = 0; at < count; at += STEP_VALUES) {
      own.blocks.push(first + at, Math.min(STEP_VALUES, count - at), rate, kept);
    }
  }
  return joint;
}

const wholeOf = ({ memory }: GpuBuffer): GpuBuffer => ({
  memory,
  offset: 0,
  rows: 1,
  columns: memory.size / 4,
  bytesPerValue: 4,
});
const isSame = (a: GpuBuffer, b: GpuBuffer) =>
  a.memory === b.memory && a.offset === b.offset && sizeOf(a) === sizeOf(b);

/** A float's bits, among integers. */
const bitsOf = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0]!;
