import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Buffer, Device } from "../../src/train/device.ts";
import { randomFloats } from "../kernels/harness.ts";
import { softmax } from "../reference/math.ts";
import {
  binaryCrossEntropy,
  binaryCrossEntropyBackward,
  countHits,
  withGumbelNoise,
} from "../reference/replaced-tokens.ts";

const SIZES = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 64, 67];
const IGNORED = -100;

function floats(device: Device, values: Float32Array, columns: number): Buffer {
  const buffer = device.allocate(values.length / columns, columns);
  device.write(buffer, values);
  return buffer;
}

async function integers(device: Device, buffer: Buffer): Promise<number[]> {
  return Array.from(new Int32Array((await device.read(buffer)).buffer));
}

/** Labels 0, 1 and −100 in an order of no period that a kernel has. */
const someLabels = (count: number) =>
  Array.from({ length: count }, (_, i) => [0, 1, 0, 0, IGNORED][(i * i + 3 * i) % 5]);

/** Defines the tests of what pre-training does beside a network, which every device must pass. */
export function describeReplacedTokens(name: string, open: () => Promise<Device>): void {
  describe(`${name}: replaced tokens`, () => {
    let opened: Promise<Device> | undefined;
    const device = () => (opened ??= open());
    after(async () => (await opened)?.dispose());

    const onDevice = (what: string, check: (device: Device) => Promise<void>) =>
      test(what, async () => {
        (await device()).release();
        await check(await device());
      });

    onDevice("binaryCrossEntropy is the reference, losses and gradients", async (device) => {
      for (const rows of SIZES) {
        const [values, labels, scale] = [randomFloats(rows, rows, 4), someLabels(rows), 0.37];
        const gradient = device.allocate(rows, 1);
        const loss = device.allocate(1, 1);
        device.binaryCrossEntropy(floats(device, values, 1), device.integers(labels), scale, gradient, loss);
        const actual = await device.read(gradient);
        const [sum] = await device.read(loss);
        const expected = binaryCrossEntropy(values, labels).reduce((sum, x) => sum + x, 0);
        assert.ok(Math.abs(sum - expected) <= 1e-6 * Math.max(1, expected), `${sum} is not ${expected}`);
        binaryCrossEntropyBackward(values, labels).forEach((slope, i) => {
          assert.ok(Math.abs(actual[i] - Math.fround(scale) * slope) < 1e-7, `gradient ${i} of ${rows}`);
        });
      }
    });

    onDevice("binaryCrossEntropy stands logits that saturate, and passes NaN on", async (device) => {
      const lossOf = async (logit: number, label: number) => {
        const gradient = device.allocate(1, 1);
        const logits = floats(device, Float32Array.of(logit), 1);
        const loss = device.allocate(1, 1);
        device.binaryCrossEntropy(logits, device.integers([label]), 1, gradient, loss);
        const [slope] = await device.read(gradient);
        return [(await device.read(loss))[0], slope];
      };
      assert.deepEqual(await lossOf(Infinity, 1), [0, 0]);
      assert.deepEqual(await lossOf(-Infinity, 0), [0, 0]);
      assert.deepEqual(await lossOf(1e4, 0), [1e4, 1]);
      assert.deepEqual(await lossOf(-1e4, 1), [1e4, -1]);
      assert.deepEqual(await lossOf(-Infinity, 1), [Infinity, -1]);
      assert.deepEqual(await lossOf(Number.NaN, IGNORED), [0, 0]);
      assert.deepEqual(await lossOf(Number.NaN, 1), [Number.NaN, Number.NaN]);
    });

    onDevice("sample finds the largest logit with Gumbel noise", async (device) => {
      for (const columns of SIZES) {
        for (const rows of [1, 3, 9]) {
          const values = randomFloats(rows * columns, columns, 3);
          const ids = device.allocate(1, rows);
          const [seed, site] = [columns * 0x1234567, 0xfffffff0 + rows];
          device.sample(floats(device, values, columns), ids, { seed, site });
          const noisy = withGumbelNoise(values, seed >>> 0, site);
          (await integers(device, ids)).forEach((id, row) => {
            const here = noisy.subarray(row * columns, (row + 1) * columns);
            assert.ok(id >= 0 && id < columns);
            assert.ok(here[id] >= Math.max(...here) - 1e-5, `row ${row} of ${columns} columns: ${id}`);
          });
        }
      }
    });

    onDevice("sample draws as often as the softmax says", async (device) => {
      const [rows, columns] = [8_000, 11];
      const logits = Float32Array.of(1, 0.5, -2, 2, 0, 0, -1, 1.5, -3, 0.25, -0.5);
      const repeated = new Float32Array(rows * columns).map((_, i) => logits[i % columns]);
      const ids = device.allocate(1, rows);
      device.sample(floats(device, repeated, columns), ids, { seed: 7, site: 3 });
      const counts = new Array(columns).fill(0);
      for (const id of await integers(device, ids)) counts[id]++;
      const chiSquare = softmax(Float64Array.from(logits), columns).reduce(
        (sum, share, i) => sum + (counts[i] - share * rows) ** 2 / (share * rows),
        0,
      );
      assert.ok(chiSquare < 29.6, `χ² = ${chiSquare}`); // 0.1 % of the distribution of 10 degrees of freedom lies beyond
    });

    onDevice("sample draws anew by seed and by site", async (device) => {
      const logits = floats(device, new Float32Array(200 * 50), 50);
      const drawn: number[][] = [];
      for (const draw of [
        { seed: 1, site: 1 },
        { seed: 1, site: 2 },
        { seed: 2, site: 1 },
        { seed: 1, site: 1 },
      ]) {
        const ids = device.allocate(1, 200);
        device.sample(logits, ids, draw);
        drawn.push(await integers(device, ids));
      }
      assert.deepEqual(drawn[0], drawn[3]);
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ]) {
        const same = drawn[a].filter((id, i) => id === drawn[b][i]).length;
        assert.ok(same < 20, `${same} of 200 draws out of 50 are the same`);
      }
    });

    onDevice("sample never leaves the row's columns, whatever the logits", async (device) => {
      const ids = device.allocate(1, 4);
      const rows = [
        [Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN],
        [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
        [-3e38, 0, 3e38, Number.NaN, 0],
        [0, 0, 0, 0, Infinity],
      ];
      device.sample(floats(device, Float32Array.from(rows.flat()), 5), ids, { seed: 1, site: 1 });
      assert.deepEqual(await integers(device, ids), [0, 0, 2, 4]);
    });

    onDevice("replaceTokens puts tokens in and labels those that are not the old ones", async (device) => {
      const original = Array.from({ length: 37 }, (_, i) => (i * 7) % 11);
      const positions = [0, 36, 3, 4, 17, 20];
      const tokens = [5, original[36], 9, original[4], 1, 10];
      const [inputIds, labels] = [device.integers(original), device.integers(new Array(37).fill(0))];
      device.replaceTokens(device.integers(positions), device.integers(tokens), inputIds, labels);
      const expected = [...original];
      for (const [i, position] of positions.entries()) expected[position] = tokens[i];
      assert.deepEqual(await integers(device, inputIds), expected);
      assert.deepEqual(
        await integers(device, labels),
        expected.map((id, i) => Number(id !== original[i])),
      );
    });

    onDevice("countHits counts on from what was there", async (device) => {
      for (const columns of SIZES) {
        const rows = 23;
        const values = randomFloats(rows * columns, columns);
        const labels = Array.from({ length: rows }, (_, i) => (i % 6 === 5 ? IGNORED : (i * 5) % columns));
        // Half of the labels are made the best of their row.
        labels.forEach((label, i) => {
          if (i % 2 === 0 && label !== IGNORED) values[i * columns + label] = 10;
        });
        const counts = device.integers([100, 1000]);
        device.countHits(floats(device, values, columns), device.integers(labels), counts);
        const [hits, labelled] = countHits(values, labels, columns);
        assert.ok(hits >= 8);
        assert.deepEqual(await integers(device, counts), [100 + hits, 1000 + labelled]);
      }
    });

    onDevice("countHits takes NaN for no hit, and what ties with the best for one", async (device) => {
      const rows = [
        [0, 0, 0, 0, 0],
        [0, Number.NaN, 0, 0, 0],
        [0, 0, 0, 0, Number.NaN],
        [0, 0, 0, 0, 2e-38],
        [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      ];
      const counts = device.integers([0, 0]);
      device.countHits(
        floats(device, Float32Array.from(rows.flat()), 5),
        device.integers([1, 1, 1, 1, 1]),
        counts,
      );
      assert.deepEqual(await integers(device, counts), [2, 5]);
    });

    onDevice("scoreHistogram puts each logit in its bin of its label's row", async (device) => {
      const bins = 8;
      const logits = [0, -1e-9, 1 / 64, -1 / 64, 2.5 / 64, 100, -100, Infinity, -Infinity, 3e38, 0, 0];
      const labels = [0, 0, 0, 1, 1, 1, 0, 1, 1, 0, IGNORED, 1];
      const histogram = device.integers(new Array(2 * bins).fill(0).with(4, 50));
      const shaped = device.slice(histogram, 0, 2, bins);
      device.scoreHistogram(floats(device, Float32Array.from(logits), 1), device.integers(labels), shaped);
      assert.deepEqual(await integers(device, histogram), [1, 0, 0, 1, 51, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 2]);
    });
  });
}
