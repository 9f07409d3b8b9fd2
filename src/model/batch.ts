/**
 * Sequences laid end to end, without padding between or after them: [total tokens]. Sequence `i` takes the rows from
 * `offsets[i]` to `offsets[i + 1]`.
 */
export interface PackedBatch {
  readonly inputIds: Int32Array;
  /** All 0 where absent. */
  readonly tokenTypeIds?: Int32Array | undefined;
  readonly offsets: Int32Array;
}

/** A run of rows of a packed batch. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/** Which part of the work one of several threads does. All threads run the same program. */
export interface Share {
  readonly thread: number;
  readonly threads: number;
  /** Returns when every thread has come this far. */
  barrier(): void;
}

/** All of the work. */
export const ALONE: Share = { thread: 0, threads: 1, barrier() {} };

const TILE_ROWS = 4; // of the matrix kernels: a share that is a multiple wastes none

/** The rows that are a thread's own. */
export function shareOfRows(tokens: number, { thread, threads }: Share): Rows {
  const tiles = Math.ceil(tokens / TILE_ROWS);
  const start = (part: number) => Math.min(Math.floor((tiles * part) / threads) * TILE_ROWS, tokens);
  return { first: start(thread), count: start(thread + 1) - start(thread) };
}

/** One sequence of a batch. */
export interface Sequence {
  readonly inputIds: Int32Array;
  /** All 0 where absent. */
  readonly tokenTypeIds?: Int32Array | undefined;
}

/** @param tokenTypes of each sequence; all 0 where absent */
export function packSequences(
  sequences: readonly Int32Array[],
  tokenTypes: readonly (Int32Array | undefined)[] = [],
): PackedBatch {
  const offsets = new Int32Array(sequences.length + 1);
  sequences.forEach((sequence, i) => {
    offsets[i + 1] = offsets[i]! + sequence.length;
  });
  const inputIds = new Int32Array(offsets.at(-1)!);
  const tokenTypeIds = new Int32Array(inputIds.length);
  sequences.forEach((sequence, i) => {
    inputIds.set(sequence, offsets[i]);
    tokenTypeIds.set(tokenTypes[i] ?? [], offsets[i]);
  });
  return { inputIds, tokenTypeIds, offsets };
}
