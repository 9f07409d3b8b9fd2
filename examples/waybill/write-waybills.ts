import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { HEADER, waybillLine } from "./parts.ts";
import { waybills } from "./waybills.ts";

/** Writes a file of made-up waybills that `finetune` and `evaluate` read. */
export async function writeWaybills(file: string, rows: number, seed: number): Promise<void> {
  const lines = [HEADER];
  for (const parts of waybills(seed)) {
    if (lines.length > rows) break;
    lines.push(waybillLine(parts));
  }
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${lines.join("\n")}\n`);
}
