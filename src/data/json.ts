/** @param fail called with what is wrong; it must throw */
export function parseJson(text: string, fail: (detail: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(`is not JSON: ${(error as Error).message}`);
  }
}

/** A value from a file, short enough for a message; of what may nest without end, only what it is. */
export function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
