import { printable } from "../../report/printable.ts";
import type { KnownAnswer } from "../../wasm/answer-sheet.ts";
import type { EngineFeatures } from "../../wasm/features.ts";
import type { KernelPath } from "../../wasm/kernel-path.ts";
import type { Style } from "../terminal.ts";
import { renderTable } from "./table.ts";

/** What `doctor --json` prints. */
export interface Diagnosis {
  readonly version: string;
  readonly engine: { readonly name: string; readonly version: string; readonly v8: string | null };
  readonly platform: string;
  readonly features: EngineFeatures;
  /** Which build of the kernels is chosen here; null where none can be. */
  readonly path: KernelPath | null;
  readonly paths: readonly PathDiagnosis[];
  readonly healthy: boolean;
}

/** How one build of the kernels fares. */
export interface PathDiagnosis {
  readonly path: KernelPath;
  /** Whether the engine knows its instructions. */
  readonly accepted: boolean;
  readonly right: boolean;
  readonly known_answers: readonly KnownAnswer[];
  /** Why it could not be run at all. */
  readonly error: string | null;
}

/** What `doctor` shows a person: the engine, the known answers of each path, the verdict. */
export function renderDiagnosis(diagnosis: Diagnosis, style: Style): string {
  const { colors } = style;
  const { engine, features, healthy, paths } = diagnosis;
  const has = (present: boolean) => (present ? "yes" : "no");
  const facts: readonly (readonly [string, string])[] = [
    ["version", `electra-edge ${diagnosis.version}`],
    ["engine", `${engine.name} ${engine.version}${engine.v8 === null ? "" : `, V8 ${engine.v8}`}`],
    ["platform", diagnosis.platform],
    ["SIMD", has(features.simd)],
    ["relaxed SIMD", has(features.relaxedSimd)],
    ["threads", has(features.threads)],
    ["kernels", diagnosis.path ?? "none"],
  ];
  const lines = facts
    .map(([name, value]) => ` ${colors.bold(name.padEnd(12))}  ${printable(value)}\n`)
    .join("");
  const answers = paths.flatMap(({ path, known_answers }) =>
    known_answers.map((answer) => [path, answer] as const),
  );
  const table = renderTable(
    {
      head: ["path", "kernel", "relative error", "allowed", ""],
      align: ["left", "left", "right", "right", "left"],
      rows: answers.map(([path, { kernel, relativeError, tolerance, passed }]) => [
        path,
        kernel,
        relativeError.toExponential(1),
        tolerance.toExponential(1),
        passed ? colors.green("✓ right") : colors.red("✗ wrong"),
      ]),
    },
    style,
  );
  return `${lines}\n${answers.length === 0 ? "" : `${table}\n`} ${
    healthy
      ? colors.green("✓ this engine runs the kernels and gets their answers right")
      : colors.red(`✗ ${printable(complaint(paths))}`)
  }\n`;
}

function complaint(paths: readonly PathDiagnosis[]): string {
  const broken = paths.find(({ accepted, right }) => accepted && !right);
  if (broken === undefined) return "this engine has no WebAssembly SIMD";
  return broken.error ?? `this engine computes the path "${broken.path}" wrongly`;
}
