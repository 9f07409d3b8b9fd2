import { once } from "node:events";
import type { Writable } from "node:stream";
import picocolors from "picocolors";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** How to draw on a terminal, or on what stands in for one. */
export interface Style {
  readonly colors: Colors;
  /** The terminal's width in columns; undefined where there is none to keep to. */
  readonly columns: number | undefined;
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Colours on a terminal, unless NO_COLOR (no-color.org) or FORCE_COLOR (force-color.org) says otherwise. */
export function styleFor(output: Output, env: NodeJS.ProcessEnv): Style {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  let colored = output.isTTY === true && TERM !== "dumb";
  if (NO_COLOR) colored = false;
  else if (FORCE_COLOR) colored = FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return { colors: picocolors.createColors(colored), columns: output.isTTY ? output.columns : undefined };
}

/** Writes at the pace of the reader, so that output of any length takes no memory. */
export async function write(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, "drain");
}
