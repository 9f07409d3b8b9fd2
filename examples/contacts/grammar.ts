import type { Random } from "../made-up/random.ts";

/** A stretch of a made-up text; what has a type is an entity. */
export interface Piece {
  readonly text: string;
  readonly type?: string;
}

/** Makes what stands for a name in braces. */
export type Slot = (random: Random) => Piece | readonly Piece[];

/**
 * Patterns by name. In a pattern `{name}` is a slot or another rule, `{name:key}` the same thing wherever that key comes
 * again in the text, `(a|b)` one of several, `[a]` may be left out; all else stands for itself.
 */
export type Rules = Readonly<Record<string, readonly string[]>>;

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "name"; readonly name: string; readonly key: string | undefined }
  | { readonly kind: "choice"; readonly branches: readonly (readonly Node[])[] };

/** The lines of a block of patterns, blank ones left out. */
export function patterns(block: string): string[] {
  return block
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The words of a block, blanks between them. */
export function words(block: string): string[] {
  return block.trim().split(/\s+/u);
}

export class Grammar {
  readonly #slots: ReadonlyMap<string, Slot>;
  readonly #rules: ReadonlyMap<string, readonly (readonly Node[])[]>;

  /** @throws {Error} for a pattern with an unknown name or brackets that don't match */
  constructor(slots: Readonly<Record<string, Slot>>, rules: Rules) {
    this.#slots = new Map(Object.entries(slots));
    this.#rules = new Map(
      Object.entries(rules).map(([name, patterns]) => [name, patterns.map((pattern) => parse(pattern))]),
    );
    for (const branches of this.#rules.values()) for (const nodes of branches) this.#assertKnown(nodes);
  }

  /** @param kept what keys stand for; shared by the patterns of one text */
  expand(rule: string, random: Random, kept: Map<string, readonly Piece[]> = new Map()): Piece[] {
    const pieces: Piece[] = [];
    this.#expandName(rule, random, kept, pieces);
    return pieces;
  }

  #expandName(name: string, random: Random, kept: Map<string, readonly Piece[]>, pieces: Piece[]): void {
    const slot = this.#slots.get(name);
    if (slot !== undefined) pieces.push(...[slot(random)].flat());
    else this.#expandNodes(random.pick(this.#rules.get(name)!), random, kept, pieces);
  }

  #expandNodes(
    nodes: readonly Node[],
    random: Random,
    kept: Map<string, readonly Piece[]>,
    pieces: Piece[],
  ): void {
    for (const node of nodes) {
      if (node.kind === "text") pieces.push({ text: node.text });
      else if (node.kind === "choice") this.#expandNodes(random.pick(node.branches), random, kept, pieces);
      else if (node.key === undefined) this.#expandName(node.name, random, kept, pieces);
      else {
        const key = `${node.name}:${node.key}`;
        const made = kept.get(key) ?? this.expand(node.name, random, kept);
        kept.set(key, made);
        pieces.push(...made);
      }
    }
  }

  #assertKnown(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.kind === "choice") for (const branch of node.branches) this.#assertKnown(branch);
      if (node.kind !== "name" || this.#slots.has(node.name) || this.#rules.has(node.name)) continue;
      throw new Error(`a pattern names {${node.name}}, which is neither slot nor rule`);
    }
  }
}

function parse(pattern: string): Node[] {
  let at = 0;
  const fail = (detail: string): never => {
    throw new Error(`pattern ${JSON.stringify(pattern)}: ${detail} at ${at}`);
  };

  const readBranches = (close: string): Node[][] => {
    const branches = [readNodes(`|${close}`)];
    while (pattern[at] === "|") {
      at++;
      branches.push(readNodes(`|${close}`));
    }
    if (pattern[at] !== close) fail(`expected ${close}`);
    at++;
    return branches;
  };

  const readNodes = (stops: string): Node[] => {
    const nodes: Node[] = [];
    while (at < pattern.length && !stops.includes(pattern[at]!)) {
      const start = at;
      const character = pattern[at]!;
      if (character === "(") {
        at++;
        nodes.push({ kind: "choice", branches: readBranches(")") });
      } else if (character === "[") {
        at++;
        nodes.push({ kind: "choice", branches: [[], ...readBranches("]")] });
      } else if (character === "{") {
        const end = pattern.indexOf("}", at);
        if (end === -1) fail("expected }");
        const [name, key] = pattern.slice(at + 1, end).split(":") as [string, string?];
        nodes.push({ kind: "name", name, key });
        at = end + 1;
      } else {
        while (at < pattern.length && !"()[]{}|".includes(pattern[at]!)) at++;
        if (at === start) fail(`unexpected ${character}`);
        nodes.push({ kind: "text", text: pattern.slice(start, at) });
      }
    }
    return nodes;
  };

  const nodes = readNodes("");
  if (at < pattern.length) fail(`unexpected ${pattern[at]}`);
  return nodes;
}
