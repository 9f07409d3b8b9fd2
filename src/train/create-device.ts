import { EngineError, InputError } from "../errors.ts";
import { type KernelPath, selectKernels } from "../wasm/kernel-path.ts";
import { type StartThread, threadsUnavailable } from "../wasm/thread.ts";
import type { Device } from "./device.ts";
import { WasmDevice } from "./wasm/device.ts";
import { runTrainingAnswers } from "./wasm/known-answer.ts";
import { trainingModule } from "./wasm/module.ts";
import { connect } from "./webgpu/connection.ts";
import { WebGpuDevice } from "./webgpu/device.ts";

/** What training runs on: the processor, the GPU, or the GPU where there is one and the processor otherwise. */
export const DEVICES = ["wasm", "webgpu", "auto"] as const;
export type DeviceName = (typeof DEVICES)[number];

export interface DeviceSettings {
  /** "wasm" unless given. */
  readonly device?: DeviceName | undefined;
  /** On the processor; 1 unless given. */
  readonly threads?: number | undefined;
  /**
   * Forces one build of the processor's kernels, which else is the fastest that this engine runs and gets right. Builds
   * round differently: what goes on from a checkpoint bit for bit has to name the one that it began with.
   */
  readonly kernels?: KernelPath | undefined;
}

/** What an environment has to train with. */
export interface Platform {
  /** Starts a thread that serves `wasm/team-member.ts`. */
  readonly startThread: StartThread;
  /** @throws {EngineError} `no-webgpu` where there is none */
  readonly findGpu: () => Promise<GPU>;
}

/**
 * @throws {InputError} `bad-option`
 * @throws {EngineError} where there is no such device, or not with as many threads
 */
export async function createDevice(platform: Platform, settings: DeviceSettings): Promise<Device> {
  const { device = "wasm", threads = 1 } = settings;
  if (!DEVICES.includes(device)) {
    throw new InputError("bad-option", `device must be one of ${DEVICES.join(", ")}, not ${device}`);
  }
  if (!Number.isInteger(threads) || threads < 1) {
    throw new InputError("bad-option", `threads must be a whole number from 1 on, not ${threads}`);
  }
  if (device === "wasm") return createWasmDevice(platform, threads, settings.kernels);
  if (device === "webgpu") return new WebGpuDevice(await connect(await platform.findGpu()));
  try {
    const connection = await connect(await platform.findGpu());
    if (!connection.isSoftware) return new WebGpuDevice(connection);
  } catch (error) {
    if (!(error instanceof EngineError && error.code === "no-webgpu")) throw error;
  }
  return createWasmDevice(platform, threads, settings.kernels);
}

async function createWasmDevice(
  { startThread }: Platform,
  threads: number,
  kernels: KernelPath | undefined,
): Promise<Device> {
  const unavailable = threads > 1 ? threadsUnavailable() : undefined;
  if (unavailable !== undefined) throw new EngineError("thread-failed", unavailable);
  const selected = await selectKernels(trainingModule, kernels, threads > 1, runTrainingAnswers);
  return WasmDevice.create({ ...selected, threads, startThread });
}
