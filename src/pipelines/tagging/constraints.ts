import type { PathConstraints } from "../../model/crf/constraints.ts";
import { NO_LABEL } from "../../model/crf/scores.ts";
import { endsEntity, type Label, OUTSIDE, schemeAllows, startsEntity } from "../../text/labels.ts";
import { refuse } from "../options.ts";
import type { LabelledText, LabelSet } from "./aggregate.ts";

/** A step from a label to the next. Null stands before a text's first label and after its last. */
export type LabelStep = readonly [from: string | null, to: string | null];

/** A part of a text, half-open, in UTF-16 offsets. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** What is known of a part of a text. */
export interface FixedSpan extends TextSpan {
  /** It is an entity of this type, from its start to its end; with "O" no part of any. */
  readonly entity_group?: string;
  /** Or: each of its tokens has one of these labels. */
  readonly labels?: readonly string[];
}

/**
 * What a CRF's labels must keep to. Whatever breaks it has probability 0, and all probabilities are shares of what is
 * left; where nothing is left, the call is refused with `no-path`.
 */
export interface LabelConstraints {
  /** Only sequences that the model's label scheme has: in BIO no I without a B, in BIOES and BMES no B without an E. */
  readonly scheme?: boolean;
  /** Steps that are never taken. */
  readonly forbid?: readonly LabelStep[];
  /** The only steps that are taken. Beginnings are left free unless a step from null is among them, ends alike. */
  readonly allow?: readonly LabelStep[];
  /** What is known of parts of the text, from a dictionary for example. */
  readonly fixed?: readonly FixedSpan[];
  /** Parts that are left out: their tokens have no label, and what is before and after them become neighbours. */
  readonly mask?: readonly TextSpan[];
}

// Names are compared with the model's later, whatever they are.
const isStep = (value: unknown): boolean => Array.isArray(value) && value.length === 2;
const isSpan = (value: unknown): boolean => {
  const { start, end } = (value ?? {}) as TextSpan;
  return Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end;
};
const isFixed = (value: unknown): boolean => {
  const { entity_group, labels } = (value ?? {}) as FixedSpan;
  return isSpan(value) && (entity_group === undefined ? Array.isArray(labels) : labels === undefined);
};

const LISTS: Readonly<Record<string, readonly [(value: unknown) => boolean, string]>> = {
  forbid: [isStep, "[label or null, label or null]"],
  allow: [isStep, "[label or null, label or null]"],
  fixed: [isFixed, "{ start, end } with entity_group or labels"],
  mask: [isSpan, "{ start, end }"],
};

/** @throws {InputError} `bad-option`, naming the field */
export function checkConstraints(constraints: unknown): void {
  if (constraints === undefined) return;
  if (typeof constraints !== "object" || constraints === null)
    refuse("constraints", "an object", constraints);
  for (const [name, value] of Object.entries(constraints)) {
    const path = `constraints.${name}`;
    if (name === "scheme" && typeof value === "boolean") continue;
    const [fits, expected] = (Object.hasOwn(LISTS, name) && LISTS[name]) || [];
    if (fits === undefined)
      refuse(path, name === "scheme" ? "true or false" : "left out: it is unknown", value);
    if (!Array.isArray(value)) refuse(path, `an array of ${expected}`, value);
    for (const [i, item] of value.entries()) if (!fits(item)) refuse(`${path}[${i}]`, expected!, item);
  }
}

/** Spans of a text, asked for in the order of the text. */
export class SpanSweep<Span extends TextSpan> {
  readonly #ahead: Span[];
  #around: Span[] = [];

  constructor(spans: readonly Span[] = []) {
    this.#ahead = [...spans].sort((a, b) => b.start - a.start);
  }

  /** Those that share something with a part of the text, which begins and ends no earlier than the one asked about before. */
  touching(start: number, end: number): readonly Span[] {
    while (this.#ahead.length > 0 && this.#ahead.at(-1)!.start < end) this.#around.push(this.#ahead.pop()!);
    if (this.#around.length > 0) this.#around = this.#around.filter((span) => span.end > start);
    return this.#around;
  }
}

/**
 * The constraints in terms of a text's labelled tokens.
 *
 * @throws {InputError} `bad-option` for labels that the model lacks, and for spans that cut a token or hold none
 */
export function pathConstraints(
  constraints: LabelConstraints,
  labels: LabelSet,
  text: LabelledText,
): PathConstraints {
  const labelsAt = fixedLabels([...(constraints.fixed ?? []).entries()], labels, text);
  return { allows: allowedSteps(constraints, labels), labelsAt };
}

/** Which steps the constraints leave. @throws {InputError} `bad-option` for labels that the model lacks */
export function allowedSteps(
  { scheme, forbid = [], allow }: LabelConstraints,
  { names, parsed }: LabelSet,
): NonNullable<PathConstraints["allows"]> {
  const steps = (list: readonly LabelStep[], path: string) =>
    list.map(([from, to]) => `${indexOf(names, from, path)} ${indexOf(names, to, path)}`);
  const forbidden = new Set(steps(forbid, "constraints.forbid"));
  const allowed = allow && new Set(steps(allow, "constraints.allow"));
  const fixesEnd = [0, 1].map((side) => allow?.some((step) => step[side] === null));
  const inScheme = scheme ? schemeAllows(parsed) : () => true;
  return (from, to) =>
    inScheme(parsed[from] ?? OUTSIDE, parsed[to] ?? OUTSIDE) &&
    !forbidden.has(`${from} ${to}`) &&
    (allowed === undefined ||
      allowed.has(`${from} ${to}`) ||
      (from === NO_LABEL && !fixesEnd[0]) ||
      (to === NO_LABEL && !fixesEnd[1]));
}

/**
 * The labels that what is fixed leaves to tokens, by their place among a text's labelled ones.
 *
 * @param fixed each with its place in the caller's list
 * @throws {InputError} `bad-option` for labels that the model lacks, and for spans that cut a token or hold none
 */
export function fixedLabels(
  fixed: Iterable<readonly [number, FixedSpan]>,
  { names, parsed }: LabelSet,
  text: LabelledText,
): Map<number, ReadonlySet<number>> {
  const labelsAt = new Map<number, ReadonlySet<number>>();
  const keep = (token: number, fits: (label: Label, index: number) => boolean) => {
    if (token < 0 || token >= text.tokens.length) return;
    const before = labelsAt.get(token) ?? new Set(parsed.keys());
    labelsAt.set(token, new Set([...before].filter((index) => fits(parsed[index]!, index))));
  };
  for (const [i, span] of fixed) {
    const path = `constraints.fixed[${i}]`;
    const [first, last] = tokensIn(span, text, path);
    const type = span.entity_group;
    const among = new Set(span.labels?.map((name) => indexOf(names, name, `${path}.labels`)));
    const types = parsed.map((label) => label.type || "O");
    if (type !== undefined && !types.includes(type)) {
      refuse(`${path}.entity_group`, `one of ${[...new Set(types)].join(", ")}`, type);
    }
    for (let token = first; token <= last; token++) {
      keep(token, (label, index) => {
        if (type === undefined) return among.has(index);
        return type === "O" ? label.prefix === "O" : isPart(label, type, token - first, last - token, parsed);
      });
    }
    if (type === undefined || type === "O") continue;
    const [begins, ends] = [0, last - first].map((at) => {
      return parsed.find((label) => isPart(label, type, at, last - first - at, parsed)) ?? OUTSIDE;
    });
    keep(first - 1, (label) => startsEntity(label, begins!));
    keep(last + 1, (label) => endsEntity(ends!, label));
  }
  return labelsAt;
}

function indexOf(names: readonly string[], name: string | null, path: string): number {
  const index = name === null ? NO_LABEL : names.indexOf(name);
  if (name !== null && index < 0) refuse(path, `one of ${names.join(", ")}`, name);
  return index;
}

/** Whether this is how the list labels an entity's token with so many of the entity's tokens before and after it. */
function isPart(
  label: Label,
  type: string,
  before: number,
  after: number,
  labels: readonly Label[],
): boolean {
  if (label.type !== type) return false;
  const wanted = before > 0 ? (after > 0 ? "I" : "EI") : after > 0 ? "BI" : "SBI";
  const has = (prefix: string) => labels.some((other) => other.type === type && other.prefix === prefix);
  return label.prefix === [...wanted].find(has);
}

/** The first and the last token of a span. */
function tokensIn({ start, end }: TextSpan, text: LabelledText, path: string): [number, number] {
  const inside = [...text.tokens.keys()].filter((i) => text.start[i]! < end && text.entityEnd[i]! > start);
  const [first, last] = [inside[0]!, inside.at(-1)!];
  if (inside.length > 0 && text.start[first]! >= start && text.entityEnd[last]! <= end) return [first, last];
  const touched =
    inside.length > 0 ? JSON.stringify(text.text.slice(text.start[first], text.entityEnd[last])) : "none";
  return refuse(path, `a span of whole tokens that have labels (it touches ${touched})`, { start, end });
}
