import { simdKernels } from "../../build/kernels.ts";
import { EngineError } from "../errors.ts";
import { probeFeatures } from "./features.ts";

let compiled: Promise<WebAssembly.Module> | undefined;

/** The kernels, compiled once. They travel inside the JavaScript, so that no bundler has a file to lose. */
export function kernelModule(): Promise<WebAssembly.Module> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<WebAssembly.Module> {
  if (!probeFeatures().simd) {
    throw new EngineError(
      "no-simd",
      "this JavaScript engine has no WebAssembly SIMD (Node 16.4, Chrome 91, Safari 16.4)",
    );
  }
  return WebAssembly.compile(Uint8Array.from(atob(simdKernels), (c) => c.charCodeAt(0)));
}
