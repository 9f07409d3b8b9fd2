import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Device } from "../../src/train/device.ts";
import { attentionOpCases } from "./ops/attention.ts";
import { checkCase, type OpCase, randomFloats, type Tolerances } from "./ops/case.ts";
import { elementwiseCases } from "./ops/elementwise.ts";
import { gruOpCases } from "./ops/gru.ts";
import { lossCases } from "./ops/losses.ts";
import { matmulCases } from "./ops/matmul.ts";
import { optimizerCases } from "./ops/optimizer.ts";
import { rowCases } from "./ops/rows.ts";

/** Uses of every operation, held against the scalar reference: small, ragged and hostile. */
export function opCases(): OpCase[] {
  return [
    ...matmulCases(),
    ...elementwiseCases(),
    ...rowCases(),
    ...attentionOpCases(),
    ...gruOpCases(),
    ...lossCases(),
    ...optimizerCases(),
  ];
}

/** Every use of one operation. */
export function casesByOperation(): Map<string, OpCase[]> {
  const byOperation = new Map<string, OpCase[]>();
  for (const opCase of opCases()) {
    const others = byOperation.get(opCase.operation);
    if (others === undefined) byOperation.set(opCase.operation, [opCase]);
    else others.push(opCase);
  }
  return byOperation;
}

/** What a device that rounds every float to nearest stays within, sums of hundreds of terms included. */
export const FLOAT32_TOLERANCES: Tolerances = {
  activate: 1e-6,
  activateBackward: 2e-6,
  add: 0,
  addRows: 1e-6,
  adamW: 1e-6,
  attention: 2e-6,
  attentionBackward: 3e-6,
  crfLoss: 1e-6,
  crossEntropy: 1e-6,
  dropout: 3e-7,
  fill: 0,
  gather: 0,
  gatherBackward: 1e-6,
  gru: 2e-6,
  gruBackward: 3e-6,
  layerNorm: 2e-6,
  layerNormBackward: 3e-6,
  layerNormParametersBackward: 2e-6,
  matmul: 1e-6,
  norm: 1e-6,
  rotary: 1e-6,
};

/** @param takes which cases are run, where a device is slow in getting ready for each kind of them, or a few will do */
export function describeOperations(
  name: string,
  open: () => Promise<Device>,
  tolerances: Tolerances = FLOAT32_TOLERANCES,
  takes: (opCase: OpCase) => boolean = () => true,
): void {
  describe(`${name}: operations are the reference's, and write nothing beside their results`, () => {
    let opened: Promise<Device> | undefined;
    const device = () => (opened ??= open());
    after(async () => (await opened)?.dispose());

    for (const [operation, all] of casesByOperation()) {
      const cases = all.filter(takes);
      if (cases.length === 0) continue;
      test(`${operation}, ${cases.length} cases`, async () => {
        for (const opCase of cases) await checkCase(await device(), opCase, tolerances);
      });
    }
  });
}

/** Defines the tests that every device must pass; of operations as {@link describeOperations}. */
export function describeDevice(...[name, open, ...more]: Parameters<typeof describeOperations>): void {
  describeOperations(name, open, ...more);

  describe(`${name}: memory`, () => {
    let opened: Promise<Device> | undefined;
    const device = () => (opened ??= open());
    after(async () => (await opened)?.dispose());

    test("lasting memory begins as zeros, and holds what was written", async () => {
      const [first, second] = [(await device()).allocate(3, 5), (await device()).allocate(1, 1)];
      assert.deepEqual(await (await device()).read(first), new Float32Array(15));
      const values = randomFloats(15, 1);
      (await device()).write(first, values);
      assert.deepEqual(await (await device()).read(first), values);
      assert.deepEqual(await (await device()).read(second), new Float32Array(1));
      (await device()).release();
      assert.deepEqual(await (await device()).read(first), values);
    });

    test("a slice is the same memory", async () => {
      const on = await device();
      const whole = on.allocate(2, 6);
      const part = on.slice(whole, 3, 2, 3);
      on.write(
        whole,
        Float32Array.from({ length: 12 }, (_, i) => i),
      );
      assert.deepEqual(await on.read(part), Float32Array.of(3, 4, 5, 6, 7, 8));
      on.fill(on.slice(part, 1, 1, 2), -1);
      assert.deepEqual(await on.read(whole), Float32Array.of(0, 1, 2, 3, -1, -1, 6, 7, 8, 9, 10, 11));
    });

    test("what is recorded is done in its order, temporary memory is nobody else's until it is released", async () => {
      const on = await device();
      on.release();
      const sizes = [7, 64, 5, 130, 3];
      const values = sizes.map((size, i) => randomFloats(size * size, i));
      const squares = sizes.map((size, i) => {
        const x = on.temporary(size, size);
        on.write(x, values[i]);
        return { x, out: on.temporary(size, size), twice: on.temporary(size, size) };
      });
      for (const { x, out, twice } of squares) {
        on.matmul(x, x, out, { transposeB: true });
        on.add(out, out, twice);
        on.fill(out, 3);
        on.matmul(x, x, out, { transposeB: true, accumulate: true });
      }
      for (const [i, { x, out, twice }] of squares.entries()) {
        const [sums, doubled] = [await on.read(out), await on.read(twice)];
        assert.deepEqual(await on.read(x), values[i]);
        sums.forEach((sum, j) => {
          assert.ok(Math.abs(sum - 3 - doubled[j] / 2) < 1e-4, `${sum} and ${doubled[j]}`);
        });
      }
    });

    test("steps of one size take no more memory than the first two", async () => {
      const on = await device();
      const step = async () => {
        on.release();
        const [x, y, out] = [on.temporary(70, 90), on.temporary(90, 50), on.temporary(70, 50)];
        on.fill(x, 1);
        on.fill(y, 2);
        on.matmul(x, y, out);
        return on.read(out);
      };
      await step();
      await step();
      const held = on.byteLength;
      for (let i = 0; i < 50; i++) assert.equal((await step())[0], 180);
      assert.equal(on.byteLength, held);
    });
  });
}
