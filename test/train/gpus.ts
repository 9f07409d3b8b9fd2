import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { TestContext } from "node:test";
import { findGpu } from "../../src/gpu.node.ts";

/** The software adapter that comes with Debian's Chromium. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

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
  const missing = "WebGPU finds no adapter, not even one in software; `npm run test:setup` installs that";
  assert.ok(!process.env["CI"], missing);
  t.skip(missing);
}
