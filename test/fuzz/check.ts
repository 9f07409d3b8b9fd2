import { getHeapStatistics } from "node:v8";
import { ElectraEdgeError } from "../../src/errors.ts";
import type { Target } from "./target.ts";

const TIME_LIMIT_MS = 1000;
/** What reading a file may allocate, garbage included: this many times its bytes, and {@link FREE_BYTES} besides. */
const EXPANSION_LIMIT = 4;
const FREE_BYTES = 1_000_000;
/** Compiling code, collecting garbage and other processes add to what one run seems to cost; the least of several is its own. */
const REPEATS = 5;

export interface Cost {
  readonly milliseconds: number;
  /** Allocated in JavaScript's heap and in buffers outside of it; too little, or below 0, where garbage was collected. */
  readonly bytes: number;
}

/**
 * Parses the bytes. They may be refused by an error of the project's own.
 *
 * @throws any other error; where it takes more than a second, or allocates more than it may
 */
export async function check(target: Target, bytes: Uint8Array): Promise<void> {
  let cost = await measure(target, bytes);
  for (let i = 0; i < REPEATS && complaint(target, cost, bytes) !== undefined; i++) {
    const other = await measure(target, bytes);
    cost = {
      milliseconds: Math.min(cost.milliseconds, other.milliseconds),
      bytes: other.bytes > 0 ? Math.min(cost.bytes, other.bytes) : cost.bytes,
    };
  }
  const found = complaint(target, cost, bytes);
  if (found !== undefined) throw new Error(found);
}

/** As {@link check}, in one turn, for parsers that are no promise's. */
export function checkSync(target: Target, bytes: Uint8Array): void | Promise<void> {
  const [before, start] = [allocated(), performance.now()];
  parseOrRefuse(target, bytes);
  const cost = { milliseconds: performance.now() - start, bytes: allocated() - before };
  return complaint(target, cost, bytes) === undefined ? undefined : check(target, bytes);
}

export async function measure(target: Target, bytes: Uint8Array): Promise<Cost> {
  const [before, start] = [allocated(), performance.now()];
  await parseOrRefuse(target, bytes);
  return { milliseconds: performance.now() - start, bytes: allocated() - before };
}

function parseOrRefuse(target: Target, bytes: Uint8Array): void | Promise<void> {
  try {
    return target.parse(bytes)?.catch(refuse);
  } catch (error) {
    refuse(error);
  }
}

function refuse(error: unknown): void {
  if (!(error instanceof ElectraEdgeError)) throw error;
}

function complaint(
  { expansion = EXPANSION_LIMIT, memory = 0 }: Target,
  { milliseconds, bytes }: Cost,
  input: Uint8Array,
): string | undefined {
  const limit = expansion * input.length + FREE_BYTES + memory;
  if (milliseconds > TIME_LIMIT_MS) return `took ${Math.round(milliseconds)} ms for ${input.length} bytes`;
  return bytes > limit ? `allocated ${bytes} bytes for ${input.length}, more than ${limit}` : undefined;
}

function allocated(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
