// Workers compile no bytes at run time: the deployed bundle brings the module along, compiled.
import module from "../../build/kernels.simd.wasm";

/** The kernels, as the platform compiled them. */
export async function kernelModule(): Promise<WebAssembly.Module> {
  return module;
}
