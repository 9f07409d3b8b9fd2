import type { Label, LabelScheme, Span } from "./labels.ts";

/**
 * The entities of a sequence of labels that are written as the scheme wants them, in order: B and every I of its type that
 * follows in BIO; S, or B, any I and an E in BIOES and BMES. Whatever else there is counts for nothing. It is what
 * seqeval finds with `mode="strict"`, where `labelsToSpans` is its default.
 */
export function strictSpans(labels: readonly Label[], { notation }: Pick<LabelScheme, "notation">): Span[] {
  const spans: Span[] = [];
  for (let start = 0, end: number; start < labels.length; start = end) {
    const { prefix, type } = labels[start]!;
    const isInside = (at: number, ...prefixes: Label["prefix"][]) =>
      labels[at]?.type === type && prefixes.includes(labels[at].prefix);
    end = start + 1;
    if (prefix === "B") while (isInside(end, "I")) end++;
    const closed = notation === "BIO" || prefix === "S" || isInside(end, "E");
    if (prefix === "B" && notation !== "BIO" && closed) end++;
    if ((prefix === "B" || (prefix === "S" && notation !== "BIO")) && closed)
      spans.push({ type, start, end });
  }
  return spans;
}
