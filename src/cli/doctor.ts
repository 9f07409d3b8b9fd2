import { Command } from "commander";
import { probeFeatures } from "../wasm/features.ts";
import { type KnownAnswer, runKnownAnswers } from "../wasm/known-answer.ts";
import { EXIT_FAILURE } from "./failure.ts";
import { type Diagnosis, renderDiagnosis } from "./render-diagnosis.ts";
import { styleFor, write } from "./terminal.ts";
import { packageVersion } from "./version.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check that this machine's JavaScript engine runs the kernels, and runs them right")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const diagnosis = await diagnose(async () => {
        const { kernelModule } = await import("../wasm/module-inline.ts");
        return runKnownAnswers(await kernelModule("simd"));
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

/** @param answer runs the kernels on inputs whose results are known */
export async function diagnose(answer: () => Promise<readonly KnownAnswer[]>): Promise<Diagnosis> {
  const features = probeFeatures();
  let answers: readonly KnownAnswer[] = [];
  let error: string | null = null;
  try {
    answers = await answer();
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
  }
  const { bun, deno, node, v8 } = process.versions;
  const [name, version] = bun ? ["Bun", bun] : deno ? ["Deno", deno] : ["Node", node];
  return {
    version: packageVersion(),
    engine: { name, version, v8: v8 ?? null },
    platform: `${process.platform} ${process.arch}`,
    features,
    path: error === null ? "f32, 128-bit SIMD, one thread" : null,
    known_answers: answers,
    error,
    healthy: error === null && answers.every(({ passed }) => passed),
  };
}
