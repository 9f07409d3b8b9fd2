import { existsSync } from "node:fs";
import type { TestContext } from "node:test";
import { findGpu } from "../../src/gpu.node.ts";
import { skipWithout } from "../without.ts";

/** The software adapter that comes with Debian's Chromium. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

const LOADERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"].map(
  (folder) => `${folder}/libvulkan.so.1`,
);

/** What finds Vulkan's drivers on Linux; other systems have an interface of their own. */
export function findVulkan(): string | undefined {
  return process.platform === "linux" ? LOADERS.find((path) => existsSync(path)) : "the system's";
}

/** The GPU that tests train on: what VK_ICD_FILENAMES names, or else a software adapter. */
export async function testGpu(): Promise<GPU | undefined> {
  if (process.env["VK_ICD_FILENAMES"] === undefined && existsSync(SWIFTSHADER)) {
    process.env["VK_ICD_FILENAMES"] = SWIFTSHADER; // read when Vulkan is first asked for its adapters
  }
  const gpu = await findGpu();
  return (await gpu.requestAdapter()) === null ? undefined : gpu;
}

/** Skips a test, or fails it where CI is set. */
export function tellThatGpuIsMissing(t: TestContext): void {
  skipWithout(t, "WebGPU finds no adapter, not even one in software; `npm run test:setup` installs that");
}
