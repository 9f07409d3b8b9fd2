// Workers compile no bytes at run time: the deployed bundle brings the modules along, compiled.
import relaxed from "../../build/kernels.relaxed.wasm";
import simd from "../../build/kernels.simd.wasm";
import type { KernelModule } from "./kernel-path.ts";

/** The kernels, as the platform compiled them. */
export const kernelModule: KernelModule = async (path) => (path === "relaxed" ? relaxed : simd);
