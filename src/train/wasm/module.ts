import { relaxedKernels, simdKernels } from "../../../build/train-kernels.ts";
import { embeddedModules } from "../../wasm/embedded-modules.ts";

export const trainingModule = embeddedModules({ relaxed: relaxedKernels, simd: simdKernels });
