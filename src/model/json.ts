/** No file of ours nests deeper; a limit keeps hostile depth from whatever later walks the value. */
const DEPTH_LIMIT = 64;

/**
 * Parses JSON and refuses what `JSON.parse` lets pass: an object with the same key twice, of which it would silently
 * keep the last, and absurd nesting.
 *
 * @param fail called with what is wrong; it must throw
 */
export function parseStrictJson(
  text: string,
  fail: (rule: "malformed" | "duplicate", detail: string) => never,
): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail("malformed", `not JSON: ${(error as Error).message}`);
  }

  // By hand and not with a regular expression, whose backtracking a long hostile string could exhaust.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(undefined);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === "\\") i++;
      let next = i + 1;
      while (text.charCodeAt(next) <= 32) next++;
      if (text[next] !== ":") continue;
      const keys = open[open.length - 1]!;
      const key = JSON.parse(text.slice(start, i + 1)) as string;
      if (keys.has(key)) fail("duplicate", `the key ${JSON.stringify(key)} appears twice`);
      keys.add(key);
    }
    if (open.length > DEPTH_LIMIT) fail("malformed", `nested more than ${DEPTH_LIMIT} deep`);
  }
  return value;
}

/** A value from a file, for a message: hostile ones can be long. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
