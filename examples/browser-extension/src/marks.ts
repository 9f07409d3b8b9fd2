// Marks without touching the page's document: the CSS Custom Highlight API paints ranges in the colours of marks.css.

export interface Mark {
  readonly type: string;
  readonly word: string;
  readonly score: number;
  readonly range: Range;
}

/** How many colours marks.css has. */
const COLORS = 8;
const CURRENT = "electra-edge-current";

export class Marks {
  /** Of each type, with the name that its colour has. */
  readonly #highlights = new Map<string, { readonly highlight: Highlight; readonly name: string }>();
  readonly #byNode = new Map<Node, Mark[]>();
  #hidden: ReadonlySet<string> = new Set();

  /** @param index of its type among those of the model */
  add(mark: Mark, index: number): void {
    let typed = this.#highlights.get(mark.type);
    if (typed === undefined) {
      typed = { highlight: new Highlight(), name: `electra-edge-${index % COLORS}` };
      this.#highlights.set(mark.type, typed);
    }
    typed.highlight.add(mark.range);
    for (const node of new Set([mark.range.startContainer, mark.range.endContainer])) {
      const there = this.#byNode.get(node);
      if (there === undefined) this.#byNode.set(node, [mark]);
      else there.push(mark);
    }
  }

  /** Paints all marks but those of hidden types. */
  show(hidden: ReadonlySet<string>): void {
    this.#hidden = hidden;
    const shown = new Map<string, Highlight>();
    for (const [type, { highlight, name }] of this.#highlights) {
      if (hidden.has(type)) continue;
      const sharing = shown.get(name);
      shown.set(name, sharing === undefined ? highlight : new Highlight(...sharing, ...highlight));
    }
    for (const { name } of this.#highlights.values()) if (!shown.has(name)) CSS.highlights.delete(name);
    for (const [name, highlight] of shown) {
      if (CSS.highlights.get(name) !== highlight) CSS.highlights.set(name, highlight);
    }
  }

  clear(): void {
    for (const { name } of this.#highlights.values()) CSS.highlights.delete(name);
    CSS.highlights.delete(CURRENT);
    this.#highlights.clear();
    this.#byNode.clear();
  }

  /** Sets one mark off from the others. */
  emphasize(mark: Mark): void {
    const highlight = new Highlight(mark.range);
    highlight.priority = 1;
    CSS.highlights.set(CURRENT, highlight);
  }

  /** The mark under a point of the window. */
  at(x: number, y: number): Mark | undefined {
    const caret = document.caretPositionFromPoint(x, y);
    if (caret === null) return undefined;
    const near = this.#byNode.get(caret.offsetNode) ?? [];
    return near.find((mark) => !this.#hidden.has(mark.type) && covers(mark.range, x, y));
  }
}

const covers = (range: Range, x: number, y: number) =>
  Array.from(range.getClientRects()).some(
    ({ left, right, top, bottom }) => left <= x && x <= right && top <= y && y <= bottom,
  );
