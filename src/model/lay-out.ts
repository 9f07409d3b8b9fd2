import type { Machine } from "../wasm/machine.ts";
import { BARRIER_BYTES } from "./barrier.ts";
import type { ModelFile } from "./model-file.ts";
import { TokenClassifier } from "./token-classifier.ts";
import { Weights } from "./weights.ts";

/** A model whose addresses are fixed; its weights are not loaded, nor need its memory exist yet. */
export interface LaidOutModel {
  readonly model: TokenClassifier;
  readonly weights: Weights;
  /** Address of what the threads' barrier needs. */
  readonly barrierCells: number;
}

/** Gives every part of a model its address. The same file and number of threads give the same addresses. */
export function layOutModel(machine: Machine, file: ModelFile, threads: number): LaidOutModel {
  const barrierCells = machine.reserve(BARRIER_BYTES);
  const weights = new Weights(machine, file);
  return { model: new TokenClassifier(machine, weights, file, threads), weights, barrierCells };
}
