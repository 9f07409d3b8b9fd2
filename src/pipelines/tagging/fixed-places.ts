import type { CrfTokens } from "../../model/config.ts";
import { placesOf, type TextWindow } from "../../text/windows.ts";
import { refuse } from "../options.ts";
import type { LabelSet } from "./aggregate.ts";
import { type FixedSpan, fixedLabels, type LabelConstraints, SpanSweep } from "./constraints.ts";
import { type LabelledToken, LabelledTokens } from "./labelled-tokens.ts";

interface PlacedSpan extends FixedSpan {
  /** In the caller's list. */
  readonly index: number;
}

/**
 * The labels that what is fixed leaves to tokens of a text that is read in windows, by their place in the input that the
 * whole text would be. Of the text it holds at a time what a line has of fixed parts and their neighbours.
 *
 * @throws {InputError} `bad-option` as {@link fixedLabels}, and for a span of more than one line
 */
export function fixedPlaces(
  text: string,
  windows: Iterable<TextWindow>,
  { fixed = [], mask }: LabelConstraints,
  labels: LabelSet,
  labelled: CrfTokens,
): Map<number, ReadonlySet<number>> {
  const places = new Map<number, ReadonlySet<number>>();
  const spans = fixed.map((span, index): PlacedSpan => ({ ...span, index }));
  const sweep = new SpanSweep(spans);
  const found = new Set<PlacedSpan>();
  const keep = (fixedHere: Iterable<PlacedSpan>, tokens: readonly LabelledToken[]) => {
    const of = (name: keyof LabelledToken) => Int32Array.from(tokens, (token) => token[name]);
    const part = {
      text,
      tokens: of("place"),
      start: of("start"),
      end: of("end"),
      entityEnd: of("entityEnd"),
      word: of("word"),
    };
    const entries = Array.from(fixedHere, (span) => [span.index, span] as const);
    for (const [token, left] of fixedLabels(entries, labels, part)) places.set(tokens[token]!.place, left);
  };

  const reader = new LabelledTokens(labelled, mask);
  let line = new LineParts(sweep);
  let next = 0;
  for (const window of windows) {
    const [from, to] = placesOf(window);
    for (let place = Math.max(from, next); place < to; place++) {
      const row = place - window.first;
      const token = reader.take(place, window.start[row]!, window.end[row]!, window.word[row]!);
      if (token !== undefined) line.add(token);
    }
    next = to;
    if (!window.closes) continue;
    line.end();
    for (const span of line.spans) {
      const { start, end, index } = span;
      if (found.has(span)) refuse(`constraints.fixed[${index}]`, "a span within one line", { start, end });
      found.add(span);
    }
    if (line.spans.size > 0) keep(line.spans, line.tokens);
    line = new LineParts(sweep);
  }
  keep(
    spans.filter((span) => !found.has(span)),
    [],
  );
  return places;
}

/** What of a line is fixed. */
class LineParts {
  readonly spans = new Set<PlacedSpan>();
  /** The tokens that a span touches, and those before and after them. */
  readonly tokens: LabelledToken[] = [];
  readonly #sweep: SpanSweep<PlacedSpan>;
  #latest: LabelledToken | undefined;
  #before: LabelledToken | undefined;
  #endsSpan = false;

  constructor(sweep: SpanSweep<PlacedSpan>) {
    this.#sweep = sweep;
  }

  add(token: LabelledToken): void {
    this.end();
    this.#latest = token;
  }

  /** Takes the latest token, which was not complete as long as its word went on. */
  end(): void {
    const token = this.#latest;
    if (token === undefined) return;
    const touching = this.#sweep.touching(token.start, token.entityEnd);
    for (const span of touching) this.spans.add(span);
    const isTouched = touching.length > 0;
    if (isTouched && this.#before !== undefined) this.tokens.push(this.#before);
    const isHeld = isTouched || this.#endsSpan;
    if (isHeld) this.tokens.push(token);
    this.#before = isHeld ? undefined : token;
    this.#endsSpan = isTouched;
    this.#latest = undefined;
  }
}
