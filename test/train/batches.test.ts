import assert from "node:assert/strict";
import { test } from "node:test";
import { batchesOf } from "../../src/train/batches.ts";
import type { Example } from "../../src/train/trainee.ts";

const examples = Array.from({ length: 1003 }, (_, id) => {
  const example: Example & { id: number } = {
    id,
    inputIds: new Int32Array(3 + ((id * 37) % 61)),
    labels: Int32Array.of(0),
  };
  return example;
});
const idsOf = (batches: readonly (readonly { id: number }[])[]) => batches.flat().map(({ id }) => id);

test("an epoch has every example once, in full batches but for one", () => {
  const batches = batchesOf(examples, 16, 1, 0);
  assert.deepEqual(
    idsOf(batches).toSorted((a, b) => a - b),
    [...examples.keys()],
  );
  assert.equal(batches.filter(({ length }) => length !== 16).length, 1);
});

test("the same seed and epoch give the same batches, others give others", () => {
  assert.deepEqual(idsOf(batchesOf(examples, 16, 1, 2)), idsOf(batchesOf(examples, 16, 1, 2)));
  assert.notDeepEqual(idsOf(batchesOf(examples, 16, 1, 2)), idsOf(batchesOf(examples, 16, 1, 3)));
  assert.notDeepEqual(idsOf(batchesOf(examples, 16, 1, 2)), idsOf(batchesOf(examples, 16, 2, 2)));
});

test("a batch holds examples of like length, and short batches don't all come first", () => {
  const batches = batchesOf(examples, 16, 1, 0);
  const spread = batches.map((batch) => {
    const lengths = batch.map(({ inputIds }) => inputIds.length);
    return Math.max(...lengths) - Math.min(...lengths);
  });
  const mean = spread.reduce((sum, width) => sum + width, 0) / spread.length;
  assert.ok(mean < 10, `lengths of a batch lie ${mean} apart`);
  const firsts = batches.map((batch) => batch[0]!.inputIds.length);
  assert.notDeepEqual(
    firsts,
    firsts.toSorted((a, b) => a - b),
  );
});

test("fewer examples than a batch make one", () => {
  assert.equal(batchesOf(examples.slice(0, 5), 16, 1, 0).length, 1);
});
