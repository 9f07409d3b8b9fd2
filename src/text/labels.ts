import { ModelFileError } from "../errors.ts";

/** How a model's labels are written: the model file's `scheme` entry. */
export interface LabelScheme {
  readonly notation: "BIO" | "BIOES" | "BMES";
  /** `P-B` rather than `B-P`. */
  readonly typeFirst: boolean;
}

/** A label taken apart. BMES's M is an I here, so that one set of rules holds for every notation. */
export interface Label {
  readonly prefix: "B" | "I" | "E" | "S" | "O";
  /** Empty for O. */
  readonly type: string;
}

/** An entity in a sequence of labels: half-open, in label positions. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

const PREFIXES = { BIO: "BI", BIOES: "BIES", BMES: "BMES" } as const;
/** The label of no entity; as good as one before the first label and after the last. */
export const OUTSIDE: Label = { prefix: "O", type: "" };

/** Cuts a label at its first hyphen, or at its last where the type comes first; a type may hold hyphens itself. */
function cut(label: string, typeFirst: boolean): { prefix: string; type: string } {
  const hyphen = typeFirst ? label.lastIndexOf("-") : label.indexOf("-");
  if (hyphen < 0) return { prefix: "", type: label };
  const before = label.slice(0, hyphen);
  const after = label.slice(hyphen + 1);
  return typeFirst ? { prefix: after, type: before } : { prefix: before, type: after };
}

/**
 * Tells how a label list is written: the order under which more labels have a prefix, and of two equal ones that
 * with both a beginning and an inside among the prefixes (`B-B, B-I` is type B, type first); M makes it BMES, E or S
 * BIOES. A list without any prefix is BIO.
 */
export function detectScheme(labels: readonly string[]): LabelScheme {
  const prefixesOf = (typeFirst: boolean): string[] =>
    labels.map((label) => cut(label, typeFirst).prefix).filter((prefix) => /^[BIMES]$/.test(prefix));
  const whole = (prefixes: string[]): boolean =>
    prefixes.includes("B") && (prefixes.includes("I") || prefixes.includes("M"));

  const before = prefixesOf(false);
  const after = prefixesOf(true);
  const typeFirst =
    after.length > before.length || (after.length === before.length && whole(after) && !whole(before));
  const prefixes = typeFirst ? after : before;
  const single = prefixes.includes("E") || prefixes.includes("S");
  return { notation: prefixes.includes("M") ? "BMES" : single ? "BIOES" : "BIO", typeFirst };
}

/**
 * Checks a label scheme that came from a file.
 *
 * @param json the parsed `scheme` entry
 * @param source named in errors
 * @throws {ModelFileError} `metadata-malformed`, naming the field, what was expected and what came
 */
export function parseScheme(json: unknown, source: string): LabelScheme {
  const fail = (detail: string): never => {
    throw new ModelFileError("metadata-malformed", source, `scheme: ${detail}`);
  };
  if (typeof json !== "object" || json === null || Array.isArray(json)) return fail("expected a JSON object");
  const { notation, typeFirst } = json as Record<string, unknown>;
  if (notation !== "BIO" && notation !== "BIOES" && notation !== "BMES") {
    return fail(`"notation" must be one of BIO, BIOES, BMES, not ${JSON.stringify(notation)}`);
  }
  if (typeof typeFirst !== "boolean") {
    return fail(`"typeFirst" must be true or false, not ${JSON.stringify(typeFirst)}`);
  }
  return { notation, typeFirst };
}

/** Takes a label apart. One that has no prefix of the scheme's counts as I of that type, as in Hugging Face. */
export function parseLabel(label: string, scheme: LabelScheme): Label {
  if (label === "O") return OUTSIDE;
  const { prefix, type } = cut(label, scheme.typeFirst);
  if (prefix.length !== 1 || !PREFIXES[scheme.notation].includes(prefix)) return { prefix: "I", type: label };
  return { prefix: prefix === "M" ? "I" : (prefix as Label["prefix"]), type };
}

/*
 * conlleval (Tjong Kim Sang & Buchholz 2000, the CoNLL shared task's scorer) cuts a broken sequence at every place
 * where one label doesn't carry on the entity of the one before: an I after O begins an entity, and so does an I of
 * another type.
 */
function continues(previous: Label, current: Label): boolean {
  return (
    (previous.prefix === "B" || previous.prefix === "I") &&
    (current.prefix === "I" || current.prefix === "E") &&
    previous.type === current.type
  );
}

/** Whether an entity begins at `current`, by conlleval's rules. Before the first label stands an O. */
export function startsEntity(previous: Label, current: Label): boolean {
  return current.prefix !== "O" && !continues(previous, current);
}

/** Whether an entity that holds `previous` ends before `current`, by conlleval's rules. After the last stands an O. */
export function endsEntity(previous: Label, current: Label): boolean {
  return previous.prefix !== "O" && !continues(previous, current);
}

/** The entities of a sequence of labels, broken or not, in order. */
export function labelsToSpans(labels: readonly Label[]): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (let i = 0; i <= labels.length; i++) {
    const previous = labels[i - 1] ?? OUTSIDE;
    const current = labels[i] ?? OUTSIDE;
    if (endsEntity(previous, current)) spans.push({ type: previous.type, start, end: i });
    if (startsEntity(previous, current)) start = i;
  }
  return spans;
}

/**
 * The scheme as a rule for neighbours: I and E go on with an entity of their type, B and S begin one, and where a type
 * has E and S, nothing else ends it. What a label list lacks is not asked for: a type without B may begin with I, one
 * without E may end anywhere, and B stands alone where there is no S.
 *
 * @returns whether `current` may follow `previous`; an O stands before the first label and after the last
 */
export function schemeAllows(labels: readonly Label[]): (previous: Label, current: Label) => boolean {
  const has = new Set(labels.map(({ prefix, type }) => prefix + type));
  const mayBegin = ({ prefix, type }: Label) => /[OBS]/.test(prefix) || !has.has(`B${type}`);
  const mayEnd = ({ prefix, type }: Label) =>
    /[OES]/.test(prefix) || !has.has(`E${type}`) || (prefix === "B" && !has.has(`S${type}`));
  return (previous, current) => continues(previous, current) || (mayEnd(previous) && mayBegin(current));
}
