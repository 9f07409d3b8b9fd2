import { Command } from "commander";
import type { KnownAnswer } from "../wasm/answer-sheet.ts";
import { probeFeatures } from "../wasm/features.ts";
import { acceptsPath, KERNEL_PATHS, type KernelPath } from "../wasm/kernel-path.ts";
import { runKnownAnswers } from "../wasm/known-answer.ts";
import { EXIT_FAILURE } from "./failure.ts";
import { type Diagnosis, type PathDiagnosis, renderDiagnosis } from "./render/diagnosis.ts";
import { styleFor, write } from "./terminal.ts";
import { packageVersion } from "./version.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check that this machine's JavaScript engine runs the kernels, and runs them right")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const diagnosis = await diagnose(async (path) => {
        const { kernelModule } = await import("../wasm/module-inline.ts");
        return runKnownAnswers(await kernelModule(path));
      });
      await write(
        process.stdout,
        json
          ? `${JSON.stringify(diagnosis, undefined, 2)}\n`
          : renderDiagnosis(diagnosis, styleFor(process.stdout, process.env)),
      );
      if (!diagnosis.healthy) process.exitCode = EXIT_FAILURE;
    });
}

/** @param answer runs a path's kernels on inputs whose results are known */
export async function diagnose(
  answer: (path: KernelPath) => Promise<readonly KnownAnswer[]>,
): Promise<Diagnosis> {
  const paths: PathDiagnosis[] = [];
  for (const path of KERNEL_PATHS) paths.push(await diagnosePath(path, answer));
  const { bun, deno, node, v8 } = process.versions;
  const [name, version] = bun ? ["Bun", bun] : deno ? ["Deno", deno] : ["Node", node];
  return {
    version: packageVersion(),
    engine: { name, version, v8: v8 ?? null },
    platform: `${process.platform} ${process.arch}`,
    features: probeFeatures(),
    path: paths.find(({ right }) => right)?.path ?? null,
    paths,
    healthy:
      paths.some(({ accepted }) => accepted) && paths.every(({ accepted, right }) => !accepted || right),
  };
}

async function diagnosePath(
  path: KernelPath,
  answer: (path: KernelPath) => Promise<readonly KnownAnswer[]>,
): Promise<PathDiagnosis> {
  if (!acceptsPath(path)) return { path, accepted: false, right: false, known_answers: [], error: null };
  try {
    const answers = await answer(path);
    const right = answers.every(({ passed }) => passed);
    return { path, accepted: true, right, known_answers: answers, error: null };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown.message : String(thrown);
    return { path, accepted: true, right: false, known_answers: [], error };
  }
}
