import { createDevice, type DeviceSettings, type Platform } from "./create-device.ts";
import type { Device } from "./device.ts";
import { ElectraPretraining, type PretrainingSettings } from "./electra-pretraining.ts";
import { ElectraTrainee, type TraineeSettings } from "./electra-trainee.ts";

/**
 * Makes a network ready to train; `initial` has values by Hugging Face's tensor names, and what it lacks is drawn.
 *
 * @throws {EngineError} where there is no such device, not with as many threads, or not with memory enough
 */
export type CreateTrainee = (
  settings: TraineeSettings & DeviceSettings,
  initial?: ReadonlyMap<string, Float32Array>,
) => Promise<ElectraTrainee>;

/** As {@link CreateTrainee}, of a generator and a discriminator that learn together. */
export type CreatePretraining = (
  settings: PretrainingSettings & DeviceSettings,
  initial?: ReadonlyMap<string, Float32Array>,
) => Promise<ElectraPretraining>;

export function traineeCreator(platform: Platform): CreateTrainee {
  return async ({ device, threads, kernels, fp16, subgroups, ...settings }, initial = new Map()) =>
    onDevice(
      await createDevice(platform, { device, threads, kernels, fp16, subgroups }),
      (on) => new ElectraTrainee(on, settings, initial),
    );
}

export function pretrainingCreator(platform: Platform): CreatePretraining {
  return async ({ device, threads, kernels, fp16, subgroups, ...settings }, initial = new Map()) =>
    onDevice(
      await createDevice(platform, { device, threads, kernels, fp16, subgroups }),
      (on) => new ElectraPretraining(on, settings, initial),
    );
}

/** Memory that a GPU does not have is known once it is asked to do something. */
async function onDevice<T>(device: Device, build: (device: Device) => T): Promise<T> {
  try {
    const built = build(device);
    await device.submit();
    return built;
  } catch (error) {
    device.dispose();
    throw error;
  }
}
