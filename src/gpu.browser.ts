import { EngineError } from "./errors.ts";

/** @throws {EngineError} `no-webgpu` */
export async function findGpu(): Promise<GPU> {
  if (navigator.gpu === undefined) {
    throw new EngineError(
      "no-webgpu",
      "there is no WebGPU here: it takes a browser that has it, and a secure context",
    );
  }
  return navigator.gpu;
}
