import type { EngineFeatures } from "../wasm/features.ts";
import type { KnownAnswer } from "../wasm/known-answer.ts";
import { renderTable } from "./render-table.ts";
import { printable, type Style } from "./terminal.ts";

/** What `doctor --json` prints. */
export interface Diagnosis {
  readonly version: string;
  readonly engine: { readonly name: string; readonly version: string; readonly v8: string | null };
  readonly platform: string;
  readonly features: EngineFeatures;
  /** Which kernels run here; null where none can. */
  readonly path: string | null;
  readonly known_answers: readonly KnownAnswer[];
  /** Why the kernels could not be run at all. */
  readonly error: string | null;
  readonly healthy: boolean;
}

/** What `doctor` shows a person: the engine, the known answers, the verdict. */
export function renderDiagnosis(diagnosis: Diagnosis, style: Style): string {
  const { colors } = style;
  const { engine, error, features, healthy, known_answers: answers } = diagnosis;
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
  const table = renderTable(
    {
      head: ["kernel", "relative error", "allowed", ""],
      align: ["left", "right", "right", "left"],
      rows: answers.map(({ kernel, relativeError, tolerance, passed }) => [
        kernel,
        relativeError.toExponential(1),
        tolerance.toExponential(1),
        passed ? colors.green("✓ right") : colors.red("✗ wrong"),
      ]),
    },
    style,
  );
  const verdict = healthy
    ? colors.green("✓ this engine runs the kernels and gets their answers right")
    : colors.red(`✗ ${error === null ? "this engine computes wrongly" : printable(error)}`);
  return `${lines}\n${answers.length === 0 ? "" : `${table}\n`} ${verdict}\n`;
}
