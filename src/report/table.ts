import { escapeHtml } from "./html.ts";
import { printable } from "./printable.ts";

/** A cell: text, or HTML that is safe already, and what its element is given beside. */
export type Cell = string | { readonly html: string; readonly attributes?: string };

export interface HtmlTable {
  readonly caption: string;
  readonly head: readonly Cell[];
  /** The first cell of a row is its header. */
  readonly rows: readonly (readonly Cell[])[];
  /** How many columns from the left hold words; what follows are numbers. */
  readonly words?: number;
}

export const safe = (text: string): string => escapeHtml(printable(text));

/** A table that scrolls by itself where the page is narrower. */
export function htmlTable({ caption, head, rows, words = 1 }: HtmlTable): string {
  const cell = (cell: Cell, column: number, tag: string) => {
    const { html, attributes = "" } = typeof cell === "string" ? { html: safe(cell) } : cell;
    const number = column < words ? "" : ' class="number"';
    return `<${tag}${attributes === "" ? number : ` ${attributes}`}>${html}</${tag.split(" ")[0]}>`;
  };
  const line = (cells: readonly Cell[], first: string, others: string) =>
    `<tr>${cells.map((content, column) => cell(content, column, column === 0 ? first : others)).join("")}</tr>`;
  return `<div class="scroll" role="region" tabindex="0" aria-label="${safe(caption)}"><table>
<caption><span>${safe(caption)}</span></caption>
<thead>${line(head, 'th scope="col"', 'th scope="col"')}</thead>
<tbody>
${rows.map((row) => line(row, 'th scope="row"', "td")).join("\n")}
</tbody>
</table></div>`;
}
