import { EngineError } from "./errors.ts";

/** Named by a variable, because its types are those of TypeScript's own library once more. */
const PACKAGE: string = "webgpu";

interface Dawn {
  create(toggles: readonly string[]): GPU;
}

let started: Promise<GPU> | undefined;

/**
 * WebGPU through the npm package `webgpu` (Dawn), which only those who train on a GPU need to install.
 *
 * @throws {EngineError} `no-webgpu` where the package is missing or does not start
 */
export function findGpu(): Promise<GPU> {
  started ??= start();
  return started;
}

async function start(): Promise<GPU> {
  try {
    const { create }: Dawn = await import(PACKAGE);
    // The first lets NVIDIA's driver use 16-bit floats; the second keeps the clock exact that times are measured by.
    return create([
      "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
      "disable-dawn-features=timestamp_quantization",
    ]);
  } catch (error) {
    throw new EngineError(
      "no-webgpu",
      `Node has WebGPU by the package "webgpu" (npm install webgpu), which does not start: ${error}`,
    );
  }
}
