import { Worker } from "node:worker_threads";
import { WasmDevice } from "../../src/train/wasm/device.ts";
import { trainingModule } from "../../src/train/wasm/module.ts";
import type { KernelPath } from "../../src/wasm/kernel-path.ts";
import { threadOf } from "../../src/wasm/thread-node.ts";

/** A device of its own for one test. */
export async function wasmDevice(path: KernelPath, threads: number): Promise<WasmDevice> {
  return WasmDevice.create({
    module: await trainingModule(path, threads > 1),
    path,
    threads,
    startThread: () => threadOf(new Worker(new URL("../../src/training-member.node.ts", import.meta.url))),
  });
}
