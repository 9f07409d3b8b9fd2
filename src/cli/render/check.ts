import type { AnswerDifference } from "../../model/known-answer.ts";
import type { KernelPath } from "../../wasm/kernel-path.ts";
import type { Style } from "../terminal.ts";
import { renderTable } from "./table.ts";

/** What `evaluate --check --json` prints of a model whose known answer was right. */
export interface Check {
  readonly passed: true;
  readonly kernels: KernelPath;
  readonly threads: number;
  readonly parts: readonly AnswerDifference[];
}

export function renderCheck({ kernels, threads, parts }: Check, style: Style): string {
  const rows = parts.map(({ part, difference, tolerance }) => [
    part,
    difference.toExponential(1),
    tolerance.toExponential(1),
  ]);
  const table = renderTable(
    { head: ["part", "difference", "allowed"], align: ["left", "right", "right"], rows },
    style,
  );
  const verdict = `✓ its known answer comes of it on ${kernels} kernels, threads: ${threads}`;
  return `${table}\n ${style.colors.green(verdict)}\n`;
}
