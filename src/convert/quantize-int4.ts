import { GROUP_SCALE_LIMIT, INT4_GROUP } from "../model/file/storage.ts";
import {
  largestOf,
  nearest,
  type QuantizedMatrix,
  RelativeError,
  SMALLEST_SCALE,
  scaleFor,
} from "../model/quantize-int8.ts";
import { BLOCK, type InputMoments } from "./input-moments.ts";

const INT4_LARGEST = 7;

/**
 * The finest step that is tried for a group, as a part of the one that clips nothing. Finer ones never won in the
 * waybill model: what they gain in the middle they lose at the ends.
 */
const FINEST_STEP = 0.6;

/**
 * Int4 in groups. Of the steps that a group may have, multiples of the row's scale, it takes the one that leaves the
 * least squared error, which often clips its largest value; the row's scale is then fitted to the integers so found.
 *
 * @param moments of the layer's inputs, where they are known: errors then count by what they cost the layer's output,
 *   and each weight takes back what it can of the errors made before it
 */
export function quantizeInt4(weights: Float32Array, inputs: number, moments?: InputMoments): QuantizedMatrix {
  const rows = weights.length / inputs;
  const rowGroups = Math.ceil(inputs / INT4_GROUP);
  const rowBytes = Math.ceil(inputs / 2);
  const scales = new Float32Array(rows);
  const groupScales = new Uint8Array(rows * rowGroups);
  const values = new Uint8Array(rows * rowBytes);
  const importance = moments?.importance() ?? new Float64Array(inputs).fill(1);
  const feedback = moments?.feedback();
  const errors = new Float64Array(inputs);
  const error = new RelativeError();
  for (let row = 0; row < rows; row++) {
    const given = weights.subarray(row * inputs, (row + 1) * inputs);
    const groups = groupScales.subarray(row * rowGroups, (row + 1) * rowGroups);
    const widest = scaleFor(largestOf(given, 0, inputs), INT4_LARGEST * GROUP_SCALE_LIMIT);
    groups.forEach((_, group) => {
      groups[group] = bestGroupScale(given, importance, group * INT4_GROUP, widest);
    });
    const scale = fitScale(given, importance, groups, widest);
    scales[row] = scale;
    for (let i = 0; i < inputs; i++) {
      const step = scale * groups[Math.floor(i / INT4_GROUP)]!;
      const wanted = feedback === undefined ? given[i]! : given[i]! - owed(feedback, errors, i);
      const value = nearest(wanted, step, INT4_LARGEST);
      errors[i] = value * step - given[i]!;
      error.add(given[i]!, value * step);
      values[row * rowBytes + (i >> 1)]! |= (value & 15) << (i % 2 === 0 ? 0 : 4);
    }
  }
  return { values, scales, groupScales, relativeError: error.value };
}

/** What weight `i` should take back of the errors before it in its block. */
function owed(feedback: Float64Array, errors: Float64Array, i: number): number {
  const column = i % BLOCK;
  const [row, first] = [i * BLOCK, i - column];
  let sum = 0;
  for (let j = 0; j < column; j++) sum += feedback[row + j]! * errors[first + j]!;
  return sum;
}

/** The multiple of `scale` that serves best as the step of the group that starts at `begin`. */
function bestGroupScale(row: Float32Array, importance: Float64Array, begin: number, scale: number): number {
  const end = Math.min(begin + INT4_GROUP, row.length);
  const clipsNothing = Math.ceil(largestOf(row, begin, end) / (INT4_LARGEST * scale));
  const widest = Math.max(1, Math.min(GROUP_SCALE_LIMIT, clipsNothing));
  let best = widest;
  let least = Number.POSITIVE_INFINITY;
  for (let multiple = widest; multiple >= Math.max(1, widest * FINEST_STEP); multiple--) {
    const step = scale * multiple;
    let cost = 0;
    for (let i = begin; i < end; i++) {
      cost += importance[i]! * (nearest(row[i]!, step, INT4_LARGEST) * step - row[i]!) ** 2;
    }
    if (cost < least) {
      least = cost;
      best = multiple;
    }
  }
  return best;
}

/** The scale of least squared error for the integers that `scale` gives. */
function fitScale(row: Float32Array, importance: Float64Array, groups: Uint8Array, scale: number): number {
  let dot = 0;
  let squares = 0;
  for (let i = 0; i < row.length; i++) {
    const multiple = groups[Math.floor(i / INT4_GROUP)]!;
    const integer = nearest(row[i]!, scale * multiple, INT4_LARGEST) * multiple;
    dot += importance[i]! * row[i]! * integer;
    squares += importance[i]! * integer * integer;
  }
  return squares === 0 ? scale : Math.max(SMALLEST_SCALE, Math.fround(dot / squares));
}
