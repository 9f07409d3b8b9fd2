import assert from "node:assert/strict";
import { test } from "node:test";
import type { Buffer, Device } from "../../src/train/device.ts";
import { acceptsPath, KERNEL_PATHS } from "../../src/wasm/kernel-path.ts";
import { checkCase, runCase } from "./ops/case.ts";
import { infiniteCases } from "./ops/losses.ts";
import { casesByOperation, describeDevice, FLOAT32_TOLERANCES } from "./ops-suite.ts";
import { wasmDevice } from "./wasm-devices.ts";

for (const path of KERNEL_PATHS) {
  if (!acceptsPath(path)) {
    test(`the ${path} kernels`, (t) => t.skip(`this engine does not take the ${path} kernels`));
    continue;
  }
  describeDevice(`wasm, ${path} kernels`, () => wasmDevice(path, 1));

  test(`the ${path} kernels' results are the same on any number of threads, bit for bit`, async (t) => {
    const devices = await Promise.all([1, 2, 3].map((threads) => wasmDevice(path, threads)));
    try {
      for (const [operation, cases] of casesByOperation()) {
        await t.test(operation, async () => {
          for (const opCase of cases) {
            const [one, two, three] = await Promise.all(devices.map((device) => runCase(device, opCase)));
            for (const other of [two, three]) {
              assert.deepEqual(other.memory, one.memory, `${operation}, ${opCase.what}`);
            }
          }
        });
      }
    } finally {
      for (const device of devices) device.dispose();
    }
  });
}

test("crfLoss stands steps that no path may take", async () => {
  const device = await wasmDevice("simd", 1);
  try {
    for (const opCase of infiniteCases()) await checkCase(device, opCase, FLOAT32_TOLERANCES);
  } finally {
    device.dispose();
  }
});

/** A device on which one operation is another. */
const faulty = (device: Device, operation: string, instead: (...operands: never[]) => unknown): Device =>
  new Proxy(device, {
    get(target, name) {
      if (name === operation) return instead;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

test("the suite finds out a device that leaves an operation undone, or does too much", async () => {
  const device = await wasmDevice("simd", 1);
  try {
    for (const [operation, cases] of casesByOperation()) {
      const idle = faulty(device, operation, () => {});
      await assert.rejects(
        checkCase(idle, cases[0], FLOAT32_TOLERANCES),
        new RegExp(`^\\w*Error.*${operation}`),
      );
    }
    const eager = faulty(device, "add", (x: Buffer, y: Buffer, out: Buffer) => {
      device.add(x, y, out);
      device.fill(device.slice(out, out.rows * out.columns, 1, 1), 0);
    });
    const [adding] = casesByOperation().get("add")!;
    await assert.rejects(
      checkCase(eager, adding, FLOAT32_TOLERANCES),
      /outside of its results, 4 values from where out begins/,
    );
  } finally {
    device.dispose();
  }
});
