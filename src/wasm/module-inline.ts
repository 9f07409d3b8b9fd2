import { relaxedKernels, simdKernels } from "../../build/kernels.ts";
import { embeddedModules } from "./embedded-modules.ts";

export const kernelModule = embeddedModules({ relaxed: relaxedKernels, simd: simdKernels });
