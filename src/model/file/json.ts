/** No file of ours nests deeper; a limit keeps hostile depth from whatever later walks the value. */
export const DEPTH_LIMIT = 64;

/** Compared as numbers, since a vocabulary is long and most of a cold start's time goes into what runs uncompiled. */
const CODE = { "{": 123, "}": 125, "[": 91, "]": 93, '"': 34, ":": 58, "\\": 92 } as const;

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
  if (isDeeper(value, DEPTH_LIMIT)) fail("malformed", `nested more than ${DEPTH_LIMIT} deep`);
  // Written out again a value has each key once. Most files are as `JSON.stringify` would have them, and this is
  // several times as fast as going through a vocabulary by hand.
  if (JSON.stringify(value) === text.trimEnd()) return value;
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) fail("duplicate", `the key ${JSON.stringify(duplicate)} appears twice`);
  return value;
}

export function isDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (limit === 0) return true;
  const children: unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (let i = 0; i < children.length; i++) if (isDeeper(children[i], limit - 1)) return true;
  return false;
}

/** @param text valid JSON */
function findDuplicateKey(text: string): string | undefined {
  // By hand and not with a regular expression, whose backtracking a long hostile string could exhaust.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case CODE["{"]:
        open.push(new Set());
        break;
      case CODE["["]:
        open.push(undefined);
        break;
      case CODE["}"]:
      case CODE["]"]:
        open.pop();
        break;
      case CODE['"']: {
        const start = i;
        i = endOfString(text, start);
        const keys = open[open.length - 1];
        if (keys === undefined) break;
        let next = i + 1;
        while (text.charCodeAt(next) <= 32) next++;
        if (text.charCodeAt(next) !== CODE[":"]) break;
        const key = JSON.parse(text.slice(start, i + 1)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
      }
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; ; i++) {
    const code = text.charCodeAt(i);
    if (code === CODE['"']) return i;
    if (code === CODE["\\"]) i++;
  }
}

/** A value from a file, for a message: hostile ones can be long. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
