import { EngineError, InputError } from "../errors.ts";
import { KERNEL_PATHS, selectKernels } from "../wasm/kernel-path.ts";
import { type StartThread, threadsUnavailable } from "../wasm/thread.ts";
import { DEVICES, type Device, type DeviceName } from "./device.ts";
import { WasmDevice } from "./wasm/device.ts";
import { runTrainingAnswers } from "./wasm/known-answer.ts";
import { trainingModule } from "./wasm/module.ts";
import { connect, SUBGROUPS } from "./webgpu/connection.ts";
import { openWebGpuDevice, WEBGPU } from "./webgpu/device.ts";

export interface DeviceSettings {
  /** "wasm" unless given. */
  readonly device?: DeviceName | undefined;
  /** On the processor; 1 unless given. */
  readonly threads?: number | undefined;
  /**
   * Forces one build of the kernels, as a device's `kernels` names it: on the processor it is else the fastest that this
   * engine runs and gets right, on a GPU that by subgroups where it has them. Builds round differently: what goes on from a
   * checkpoint bit for bit has to name the one that it began with.
   */
  readonly kernels?: string | undefined;
  /** Mixed precision: 16-bit floats in memory, 32-bit ones in sums and weights. On a GPU alone; off unless given. */
  readonly fp16?: boolean | undefined;
  /** Whether a GPU that has subgroups sums up by them; so unless given. What {@link kernels} names decides before. */
  readonly subgroups?: boolean | undefined;
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
  const { device = "wasm", threads = 1, kernels, fp16 = false } = settings;
  const subgroups = kernels === undefined ? settings.subgroups : kernels.split(" ").includes(SUBGROUPS);
  if (!DEVICES.includes(device)) {
    throw new InputError("bad-option", `device must be one of ${DEVICES.join(", ")}, not ${device}`);
  }
  if (!Number.isInteger(threads) || threads < 1) {
    throw new InputError("bad-option", `threads must be a whole number from 1 on, not ${threads}`);
  }
  const ofGpu = kernels?.startsWith(WEBGPU) === true;
  if (device === "webgpu" || (device === "auto" && ofGpu)) {
    if (kernels !== undefined && !ofGpu) {
      throw new InputError(
        "bad-option",
        `the ${kernels} kernels are the processor's, not those of device webgpu`,
      );
    }
    return openWebGpuDevice(await connect(await platform.findGpu()), { fp16, subgroups });
  }
  if (fp16 && (device === "wasm" || kernels !== undefined)) {
    throw new InputError("bad-option", "fp16 needs device webgpu: the processor computes in 32 bits");
  }
  if (device === "wasm" || kernels !== undefined) return createWasmDevice(platform, threads, kernels);
  try {
    const connection = await connect(await platform.findGpu());
    if (!connection.isSoftware) return openWebGpuDevice(connection, { fp16, subgroups });
  } catch (error) {
    if (fp16 || !(error instanceof EngineError && error.code === "no-webgpu")) throw error;
  }
  if (fp16) throw new EngineError("no-webgpu", "fp16 needs a GPU, and there is but one in software");
  return createWasmDevice(platform, threads, undefined);
}

async function createWasmDevice(
  { startThread }: Platform,
  threads: number,
  kernels: string | undefined,
): Promise<Device> {
  const path = KERNEL_PATHS.find((path) => path === kernels);
  if (path !== kernels) {
    throw new InputError("bad-option", `kernels must be one of ${KERNEL_PATHS.join(", ")}, not ${kernels}`);
  }
  const unavailable = threads > 1 ? threadsUnavailable() : undefined;
  if (unavailable !== undefined) throw new EngineError("thread-failed", unavailable);
  const selected = await selectKernels(trainingModule, path, threads > 1, runTrainingAnswers);
  return WasmDevice.create({ ...selected, threads, startThread });
}
