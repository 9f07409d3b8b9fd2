import { ConvertError } from "../errors.ts";
import { convertFloats } from "../model/file/floats.ts";
import { ITEM_SIZE } from "../model/file/safetensors.ts";
import type { CheckpointTensor } from "./checkpoint-tensor.ts";
import { floatsOf, product } from "./lazy-tensor.ts";

/**
 * How a library keeps a CRF's scores; `docs/crf.md` has each one's formulas.
 *
 * `pytorch-crf`, whose copies HanLP and LTP carry, is a model file's own. `allennlp` adds a mask of allowed steps to it
 * and may lack the start and the end. PaddleNLP's `LinearChainCrf` has one matrix for all, and reads it in three ways:
 * `paddlenlp` is its `ViterbiDecoder`'s, by which it labels texts; `paddlenlp-forward` that of the sum over all paths,
 * and `paddlenlp-gold` that of the right path's score, which together make its loss.
 */
export type CrfLayout = "pytorch-crf" | "allennlp" | "paddlenlp" | "paddlenlp-forward" | "paddlenlp-gold";

export const CRF_LAYOUTS: readonly CrfLayout[] = [
  "pytorch-crf",
  "allennlp",
  "paddlenlp",
  "paddlenlp-forward",
  "paddlenlp-gold",
];

type Tensors = ReadonlyMap<string, CheckpointTensor>;

const START = "crf.start_transitions";
const TRANSITIONS = "crf.transitions";
const END = "crf.end_transitions";
const MASK = "crf._constraint_mask";

/** Where PaddleNLP's losses and decoders hold the matrix over again. */
const PADDLE_COPIES = /(^|\.)(crf_loss\.crf|(\w+_)?decoder)\.transitions$/;

/** Whether a checkpoint has a CRF. */
export function hasCrf(names: Iterable<string>): boolean {
  return [...names].some((name) => /(^|\.)crf\./.test(name));
}

/**
 * Gives a checkpoint's CRF the names and the meaning that a model file's has.
 *
 * @param tensors with today's names; those of the CRF may lie deeper than `crf.`
 * @param layout by default what the names tell
 * @returns the tensors, those of the CRF replaced; PaddleNLP's two tags that are no labels are gone from the classifier
 * @throws {ConvertError} `unsupported` where the names don't tell the layout, `tensor-shape`, `checkpoint-malformed`
 */
export function importCrf(
  tensors: Tensors,
  labels: number,
  source: string,
  layout: CrfLayout | undefined,
): Tensors {
  const renamed = new Map<string, CheckpointTensor>();
  let copies = 0;
  for (const [original, tensor] of tensors) {
    const isCopy = PADDLE_COPIES.test(original);
    const name = isCopy ? original : original.replace(/^.*\.(?=crf\.[^.]+$)/, "");
    if (renamed.has(name)) {
      throw new ConvertError("checkpoint-malformed", tensor.file, `two tensors come to the name "${name}"`);
    }
    copies += Number(isCopy);
    renamed.set(name, tensor);
  }
  const transitions = renamed.get(TRANSITIONS);
  if (transitions === undefined) return renamed;
  const chosen = layout ?? detectLayout(renamed, transitions, copies > 0, source);
  if (chosen === "pytorch-crf") return renamed;
  if (chosen === "allennlp") return fromAllenNlp(renamed, transitions, labels);
  for (const name of renamed.keys()) if (PADDLE_COPIES.test(name)) renamed.delete(name);
  return fromPaddleNlp(renamed, transitions, labels, chosen);
}

function detectLayout(
  tensors: Tensors,
  { shape }: CheckpointTensor,
  paddle: boolean,
  source: string,
): CrfLayout {
  if (tensors.has(MASK)) return "allennlp";
  if (tensors.has(START) || tensors.has(END)) return "pytorch-crf";
  if (paddle) return "paddlenlp";
  const detail =
    `of its CRF there is "${TRANSITIONS}" [${shape}] alone, which libraries read in different ways; the option ` +
    `crfLayout (--crf-layout) says in which: ${CRF_LAYOUTS.slice(1).join(", ")}`;
  throw new ConvertError("unsupported", source, detail);
}

/** Its decoder takes 10,000 from a step that the mask forbids; here it can't be taken at all. */
function fromAllenNlp(
  tensors: Map<string, CheckpointTensor>,
  transitions: CheckpointTensor,
  labels: number,
): Tensors {
  if (!tensors.has(START) && !tensors.has(END)) {
    tensors.set(START, zeros(transitions, labels)).set(END, zeros(transitions, labels));
  }
  const mask = tensors.get(MASK);
  if (mask === undefined) return tensors;
  requireSquare(MASK, mask, [labels + 2]);
  tensors.delete(MASK);
  const places: Record<string, Place> = {
    [START]: (i) => [labels, i],
    [TRANSITIONS]: (i) => [Math.floor(i / labels), i % labels],
    [END]: (i) => [i, labels + 1],
  };
  for (const [name, place] of Object.entries(places)) {
    const tensor = tensors.get(name);
    if (tensor !== undefined)
      tensors.set(name, forbid(tensor, pick(mask, tensor.shape, placesIn(labels + 2, place))));
  }
  return tensors;
}

function fromPaddleNlp(
  tensors: Map<string, CheckpointTensor>,
  transitions: CheckpointTensor,
  labels: number,
  layout: CrfLayout,
): Tensors {
  for (const name of [START, END]) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    throw new ConvertError("tensor-surplus", tensor.file, `PaddleNLP's CRF has no tensor "${name}"`);
  }
  requireSquare(TRANSITIONS, transitions, [labels + 2, labels]);
  const size = transitions.shape[0]!;
  const forward = layout === "paddlenlp-forward";
  const place = (from: number, to: number): ReturnType<Place> => (forward ? [to, from] : [from, to]);
  const between = placesIn(size, (i) => place(Math.floor(i / labels), i % labels));
  tensors.set(TRANSITIONS, pick(transitions, [labels, labels], between));

  if (size === labels) {
    return tensors.set(START, zeros(transitions, labels)).set(END, zeros(transitions, labels));
  }
  const [stop, start] = [labels, labels + 1];
  tensors.set(
    START,
    pick(
      transitions,
      [labels],
      placesIn(size, (i) => place(start, i)),
    ),
  );
  // The decoder goes from row to column, but at the end it takes the row of STOP, as the sum over all paths does.
  const last: Place = (i) => (layout === "paddlenlp-gold" ? [i, stop] : [stop, i]);
  tensors.set(END, pick(transitions, [labels], placesIn(size, last)));
  for (const name of ["classifier.weight", "classifier.bias"]) {
    const tensor = tensors.get(name);
    if (tensor?.shape[0] === size)
      tensors.set(
        name,
        pick(tensor, [labels, ...tensor.shape.slice(1)], (i) => i),
      );
  }
  return tensors;
}

function requireSquare(name: string, { file, shape }: CheckpointTensor, sizes: readonly number[]): void {
  if (shape.length === 2 && shape[0] === shape[1] && sizes.includes(shape[0]!)) return;
  const expected = sizes.map((size) => `[${size},${size}]`).join(" or ");
  throw new ConvertError("tensor-shape", file, `tensor "${name}" is [${shape}]; expected ${expected}`);
}

/** The row and column of a square matrix where an element comes from. */
type Place = (i: number) => readonly [row: number, column: number];

function placesIn(size: number, place: Place): (i: number) => number {
  return (i) => {
    const [row, column] = place(i);
    return row * size + column;
  };
}

/** What a library without a start and an end scores them with. */
function zeros({ file, dtype }: CheckpointTensor, count: number): CheckpointTensor {
  return { file, dtype, shape: [count], read: async () => new Uint8Array(count * ITEM_SIZE[dtype]) };
}

/** A tensor of some of another's elements. @param sourceOf an element's place in the other */
function pick(
  source: CheckpointTensor,
  shape: readonly number[],
  sourceOf: (i: number) => number,
): CheckpointTensor {
  const { file, dtype } = source;
  const size = ITEM_SIZE[dtype];
  return {
    file,
    dtype,
    shape,
    async read() {
      const bytes = await source.read();
      const picked = new Uint8Array(product(shape) * size);
      for (let at = 0; at < picked.length; at += size) {
        const from = sourceOf(at / size) * size;
        picked.set(bytes.subarray(from, from + size), at);
      }
      return picked;
    },
  };
}

/** A tensor's scores, −∞ where `mask` is 0. */
function forbid(scores: CheckpointTensor, mask: CheckpointTensor): CheckpointTensor {
  const { file, shape } = scores;
  const dtype = scores.dtype === "F16" ? "F16" : "F32";
  const overflow = (value: number): never => {
    throw new ConvertError("unsupported", file, `a CRF's score is ${value}, too large for ${dtype}`);
  };
  return {
    file,
    dtype,
    shape,
    async read() {
      const values = await floatsOf(scores, overflow);
      const allowed = await mask.read();
      const size = ITEM_SIZE[mask.dtype];
      for (let i = 0; i < values.length; i++) {
        if (allowed.subarray(i * size, (i + 1) * size).every((byte) => byte === 0)) values[i] = -Infinity;
      }
      return convertFloats(new Uint8Array(values.buffer), "F32", dtype, overflow) as Uint8Array<ArrayBuffer>;
    },
  };
}
