import { EngineError, InputError } from "../errors.ts";
import { type KernelPath, selectKernels } from "../wasm/kernel-path.ts";
import { type StartThread, threadsUnavailable } from "../wasm/thread.ts";
import type { Device } from "./device.ts";
import { ElectraPretraining, type PretrainingSettings } from "./electra-pretraining.ts";
import { ElectraTrainee, type TraineeSettings } from "./electra-trainee.ts";
import { WasmDevice } from "./wasm/device.ts";
import { runTrainingAnswers } from "./wasm/known-answer.ts";
import { trainingModule } from "./wasm/module.ts";

export interface ProcessorSettings {
  /** 1 unless given. */
  readonly threads?: number | undefined;
  /**
   * Forces one build of the kernels, which else is the fastest that this engine runs and gets right. Builds round
   * differently: what goes on from a checkpoint bit for bit has to name the one that it began with.
   */
  readonly kernels?: KernelPath | undefined;
}

/**
 * Makes a network ready to train; `initial` has values by Hugging Face's tensor names, and what it lacks is drawn.
 *
 * @throws {EngineError} where this engine can't run the kernels, or not on as many threads
 */
export type CreateTrainee = (
  settings: TraineeSettings & ProcessorSettings,
  initial?: ReadonlyMap<string, Float32Array>,
) => Promise<ElectraTrainee>;

/** As {@link CreateTrainee}, of a generator and a discriminator that learn together. */
export type CreatePretraining = (
  settings: PretrainingSettings & ProcessorSettings,
  initial?: ReadonlyMap<string, Float32Array>,
) => Promise<ElectraPretraining>;

/** @param startThread starts a thread that serves `wasm/team-member.ts` */
export function traineeCreator(startThread: StartThread): CreateTrainee {
  return async ({ threads, kernels, ...settings }, initial = new Map()) =>
    new ElectraTrainee(await createDevice(startThread, { threads, kernels }), settings, initial);
}

/** @param startThread as for {@link traineeCreator} */
export function pretrainingCreator(startThread: StartThread): CreatePretraining {
  return async ({ threads, kernels, ...settings }, initial = new Map()) =>
    new ElectraPretraining(await createDevice(startThread, { threads, kernels }), settings, initial);
}

async function createDevice(
  startThread: StartThread,
  { threads = 1, kernels }: ProcessorSettings,
): Promise<Device> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new InputError("bad-option", `threads must be a whole number from 1 on, not ${threads}`);
  }
  const unavailable = threads > 1 ? threadsUnavailable() : undefined;
  if (unavailable !== undefined) throw new EngineError("thread-failed", unavailable);
  const selected = await selectKernels(trainingModule, kernels, threads > 1, runTrainingAnswers);
  return WasmDevice.create({ ...selected, threads, startThread });
}
