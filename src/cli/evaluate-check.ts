import type { Task } from "../model/config.ts";
import { type EngineOptions, engineOf } from "./engine-options.ts";
import type { Check } from "./render/check.ts";

/**
 * Runs the known answer that a model file has.
 *
 * @throws {ModelFileError} `no-answer`, or `wrong-answer` where another comes of it
 */
export async function checkModel(task: Task, model: string, options: EngineOptions): Promise<Check> {
  const { pipeline } = await import("../index.node.ts");
  const loaded = await pipeline(task, model, { ...engineOf(options), check: true });
  const { kernels, threads, checked } = loaded;
  loaded.dispose();
  return { passed: true, kernels, threads, parts: checked! };
}
