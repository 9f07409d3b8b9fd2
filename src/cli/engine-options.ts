import { InvalidArgumentError, Option } from "commander";
import { DEVICES } from "../train/device.ts";
import { KERNEL_PATHS, type KernelPath } from "../wasm/kernel-path.ts";

/** What to run a model with, as the command line gives it. */
export interface EngineOptions {
  readonly kernels?: KernelPath;
  readonly threads?: number | "auto";
  readonly check?: boolean;
}

/** The same as a pipeline takes it. */
export const engineOf = ({ kernels, threads = 1, check = false }: EngineOptions) => ({
  threads,
  check,
  ...(kernels === undefined ? {} : { kernels }),
});

export const kernelsOption = () =>
  new Option("--kernels <path>", "force one build of the kernels").choices(KERNEL_PATHS);

export const checkOption = () =>
  new Option(
    "--check",
    "run the known answer that the model file has first, and fail if another comes of it",
  );

export const deviceOption = () =>
  new Option("--device <name>", "what to train on; a GPU needs the package webgpu")
    .choices(DEVICES)
    .default("wasm");

export const fp16Option = () =>
  new Option("--fp16", "mixed precision, on a GPU: 16-bit floats in memory, 32-bit ones in sums and weights");

export const subgroupsOption = () => new Option("--no-subgroups", "on a GPU, sum up without its subgroups");

export const threadsOption = () =>
  new Option("--threads <number>", 'threads that share the work, or "auto"').argParser(parseThreads);

function parseThreads(value: string): number | "auto" {
  if (value === "auto") return value;
  const threads = Number(value);
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new InvalidArgumentError('It must be "auto" or a positive integer.');
}
