import { EngineError, InputError } from "../errors.ts";
import { probeFeatures } from "../wasm/features.ts";
import { type StartThread, threadsUnavailable } from "../wasm/thread.ts";
import { ElectraTrainee, type TraineeSettings } from "./electra-trainee.ts";
import { WasmDevice } from "./wasm/device.ts";
import { trainingModule } from "./wasm/module.ts";

/** Makes a network ready to train; `initial` has values by Hugging Face's tensor names, and what it lacks is drawn. */
export type CreateTrainee = (
  settings: TraineeSettings & { readonly threads?: number },
  initial?: ReadonlyMap<string, Float32Array>,
) => Promise<ElectraTrainee>;

/** @param startThread starts a thread that serves `wasm/team-member.ts` */
export function traineeCreator(startThread: StartThread): CreateTrainee {
  return async ({ threads = 1, ...settings }, initial = new Map()) => {
    if (!Number.isInteger(threads) || threads < 1) {
      throw new InputError("bad-option", `threads must be a whole number from 1 on, not ${threads}`);
    }
    if (!probeFeatures().simd)
      throw new EngineError("no-simd", "this JavaScript engine has no WebAssembly SIMD");
    const unavailable = threads > 1 ? threadsUnavailable() : undefined;
    if (unavailable !== undefined) throw new EngineError("thread-failed", unavailable);
    const module = await trainingModule(threads > 1);
    const device = await WasmDevice.create({ module, threads, startThread });
    return new ElectraTrainee(device, settings, initial);
  };
}
