// The text of a page as its reader has it, and where in the document each character stands.
import type { Pause } from "./pause.ts";

/** A run of a passage's characters that lie side by side in one text node. */
interface Piece {
  /** Where in the passage it begins. */
  readonly at: number;
  readonly node: Text;
  /** What the node held when it was read. */
  readonly data: string;
  /** Where in the node it begins. */
  readonly from: number;
  readonly length: number;
}

/** A paragraph, or a part of a long one, which ends with a sentence where it can. */
export interface Passage {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** Whether a paragraph goes on in it. */
  readonly continues: boolean;
}

/** Of a passage, in UTF-16 units: about what a model takes at once, so that no long text is gone through in windows. */
const LONGEST = 240;
const SENTENCE_END = /[。！？!?；;…\n]["'”’）)」』]*/g;

const LEFT_OUT = new Set(
  "SCRIPT STYLE NOSCRIPT TEMPLATE TEXTAREA SELECT IFRAME OBJECT CANVAS SVG MATH HEAD TITLE".split(" "),
);

/** What the page shows under a node, or of that what the selection holds. */
export async function readPassages(
  root: Node,
  selection: Range | undefined,
  pause: Pause,
): Promise<Passage[]> {
  const reader = new PassageReader();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) => {
    if (node instanceof Text) return NodeFilter.FILTER_ACCEPT;
    const element = node as Element;
    if (isLeftOut(element)) return NodeFilter.FILTER_REJECT;
    return element.tagName === "BR" ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP;
  });
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!(node instanceof Text)) reader.endParagraph();
    else if (selection === undefined) reader.add(node, 0, node.length);
    else if (selection.intersectsNode(node)) {
      const from = node === selection.startContainer ? selection.startOffset : 0;
      reader.add(node, from, node === selection.endContainer ? selection.endOffset : node.length);
    }
    if (pause.due) await pause.take();
  }
  reader.endParagraph();
  return reader.passages;
}

function isLeftOut(element: Element): boolean {
  if (LEFT_OUT.has(element.tagName.toUpperCase()) || element.localName.startsWith("electra-edge-"))
    return true;
  return !element.checkVisibility({ visibilityProperty: true });
}

/** Where passages of a paragraph end. */
export function passageEnds(text: string): number[] {
  const ends: number[] = [];
  let start = 0;
  let end = 0;
  for (const match of text.matchAll(SENTENCE_END)) {
    const next = match.index + match[0].length;
    if (next - start > LONGEST && end > start) {
      ends.push(end);
      start = end;
    }
    end = next;
  }
  if (text.length - start > LONGEST && end > start && end < text.length) ends.push(end);
  ends.push(text.length);
  return ends;
}

/** What an element's text is part of. */
interface Layout {
  /** A row of a table is one paragraph: what stands beside a name tells the model that it is one. */
  readonly paragraph: Element;
  readonly cell: Element | undefined;
  /** Whether line ends stand in it as they are written. */
  readonly keepsSpaces: boolean;
}

class PassageReader {
  readonly passages: Passage[] = [];
  readonly #layouts = new Map<Element, Layout>();
  #paragraph: Element | undefined;
  #cell: Element | undefined;
  #text = "";
  #pieces: Piece[] = [];

  add(node: Text, from: number, to: number): void {
    const { paragraph, cell, keepsSpaces } = this.#layoutOf(node.parentElement!);
    if (paragraph !== this.#paragraph) this.endParagraph();
    else if (cell !== this.#cell && this.#text !== "" && !this.#text.endsWith(" ")) this.#text += " ";
    this.#paragraph = paragraph;
    this.#cell = cell;
    // White space that the page collapses is one blank here too.
    const runs = node.data
      .slice(from, to)
      .matchAll(keepsSpaces ? /\n|[^\n]+/g : /[ \t\r\n\f]+|[^ \t\r\n\f]+(?: [^ \t\r\n\f]+)*/g);
    for (const { 0: run, index } of runs) {
      if (keepsSpaces) {
        if (run === "\n") this.endParagraph();
        else this.#append(node, from + index, run);
        this.#paragraph = paragraph;
      } else if (/\S/.test(run)) this.#append(node, from + index, run);
      else if (this.#text !== "" && !this.#text.endsWith(" ")) this.#append(node, from + index, " ");
    }
  }

  endParagraph(): void {
    const text = this.#text;
    if (text.trim() !== "") this.#cut(text);
    this.#paragraph = undefined;
    this.#text = "";
    this.#pieces = [];
  }

  #append(node: Text, from: number, text: string): void {
    const last = this.#pieces.at(-1);
    if (last?.node === node && last.from + last.length === from) {
      this.#pieces[this.#pieces.length - 1] = { ...last, length: last.length + text.length };
    } else {
      this.#pieces.push({ at: this.#text.length, node, data: node.data, from, length: text.length });
    }
    this.#text += text;
  }

  #cut(text: string): void {
    let start = 0;
    for (const end of passageEnds(text)) {
      const pieces = this.#pieces.flatMap((piece) => {
        const [first, last] = [Math.max(piece.at, start), Math.min(piece.at + piece.length, end)];
        const from = piece.from + first - piece.at;
        return first < last ? [{ ...piece, at: first - start, from, length: last - first }] : [];
      });
      this.passages.push({ text: text.slice(start, end), pieces, continues: end < text.length });
      start = end;
    }
  }

  #layoutOf(element: Element): Layout {
    let layout = this.#layouts.get(element);
    if (layout === undefined) {
      const { display, whiteSpace } = getComputedStyle(element);
      const above = element.parentElement;
      const runsOn = INLINE.test(display) || (display === "table-cell" && isRow(above));
      const { paragraph, cell } =
        runsOn && above ? this.#layoutOf(above) : { paragraph: element, cell: undefined };
      layout = {
        paragraph,
        cell: display === "table-cell" ? element : cell,
        keepsSpaces: /pre|break-spaces/.test(whiteSpace),
      };
      this.#layouts.set(element, layout);
    }
    return layout;
  }
}

const INLINE = /^(inline|contents|ruby.*)$/;

const isRow = (element: Element | null) =>
  element !== null && getComputedStyle(element).display === "table-row";

/** Whether the page still has a passage as it was read: pages change while they are marked. */
export const isAsRead = ({ pieces }: Passage): boolean =>
  pieces.every(({ node, data }) => node.isConnected && node.data === data);

/** The part of the document that a part of a passage is, or what the page has left of it. */
export function rangeOf({ pieces }: Passage, start: number, end: number): Range {
  const range = document.createRange();
  const first = pieces.find(({ at, length }) => at + length > start)!;
  const last = pieces.find(({ at, length }) => at + length >= end)!;
  const from = first.from + Math.max(0, start - first.at); // the blank before a cell of a table is in no node
  range.setStart(first.node, Math.min(from, first.node.length));
  range.setEnd(last.node, Math.min(last.from + Math.max(0, end - last.at), last.node.length));
  return range;
}
