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

const CONTROL = /[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * Makes text from outside safe to show: what would move the cursor, change colours or turn the reading direction
 * becomes a picture of itself (␛, ␊ …) or U+FFFD.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\uFFFD";
  });
}

/** {@link printable}, but line breaks stay. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** Writes at the pace of the reader, so that output of any length takes no memory. */
export async function write(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, "drain");
}
