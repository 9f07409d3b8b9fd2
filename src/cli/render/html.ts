import { escapeHtml, htmlHead, PAGE_COLORS } from "../../report/html.ts";
import { colorAttributes, languageOf, MARK_STYLE, markText } from "../../report/marked-text.ts";
import { printable } from "../../report/printable.ts";
import { type EntityTypes, type Finding, labelOf } from "../entity-types.ts";

const STYLE = `${PAGE_COLORS}${MARK_STYLE}* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 54rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
h1 { margin: 0; font-size: 1.4rem; letter-spacing: -0.01em; }
header p { margin: 0.1rem 0 1rem; color: var(--quiet); overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 0 0 1.75rem; padding: 0; list-style: none; }
article {
  margin: 0 0 1rem; padding: 1.25rem 1.4rem; border: 1px solid var(--line); border-radius: 0.9rem; background: var(--card);
}
details, .none { margin: 0.9rem 0 0; }
.none { color: var(--quiet); font-size: 0.88rem; }
summary { cursor: pointer; color: var(--quiet); font-size: 0.88rem; }
table { width: 100%; margin-top: 0.6rem; border-collapse: collapse; font-size: 0.92rem; }
th { color: var(--quiet); font-weight: 500; font-size: 0.82rem; }
th, td { padding: 0.4rem 0.5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
tbody tr:last-child td { border-bottom: 0; }
td:nth-child(2) { overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { body { max-width: none; padding: 0; } article { break-inside: avoid; } }
`;

/** The page up to its first text: style, title and the legend of all types that the model knows. */
export function renderHtmlHead(model: string, types: EntityTypes): string {
  const legend = types.names.map(
    (type, index) => `<li ${colorAttributes(index, "type")}>${escapeHtml(printable(type))}</li>`,
  );
  return `${htmlHead("Entities", STYLE)}<header>
<h1>Entities</h1>
<p>found by ${escapeHtml(printable(model))}</p>
<ul class="legend" aria-label="Entity types">${legend.join("")}</ul>
</header>
<main>
`;
}

/**
 * One text with its entities marked, and a table of them.
 *
 * @param open whether the table is unfolded at first
 */
export function renderHtmlText(
  text: string,
  entities: readonly Finding[],
  types: EntityTypes,
  open: boolean,
): string {
  const language = languageOf(text);
  const label = (entity: Finding) => escapeHtml(printable(labelOf(entity)));
  const attributes = (entity: Finding) => colorAttributes(types.indexOf(entity));
  const marked = markText(
    text,
    entities.map((entity) => {
      const { start, end } = entity;
      return { start, end, label: labelOf(entity), attributes: attributes(entity) };
    }),
  );
  const rows = entities.map(
    (entity) =>
      `<tr ${attributes(entity)}><td><span class="type">${label(entity)}</span></td>` +
      `<td${language}>${escapeHtml(printable(entity.word))}</td>` +
      `<td class="number">${entity.start}–${entity.end}</td>` +
      `<td class="number">${entity.score.toFixed(4)}</td></tr>\n`,
  );
  const count = entities.length === 1 ? "1 entity" : `${entities.length} entities`;
  const table =
    entities.length === 0
      ? `<p class="none">no entities</p>\n`
      : `<details${open ? " open" : ""}><summary>${count}</summary>
<table>
<thead><tr><th scope="col">type</th><th scope="col">text</th><th scope="col" class="number">start–end</th><th scope="col" class="number">score</th></tr></thead>
<tbody>
${rows.join("")}</tbody>
</table></details>
`;
  return `<article>\n<p class="text"${language}>${marked}</p>\n${table}</article>\n`;
}

export const HTML_TAIL = "</main>\n</body>\n</html>\n";
