import { type EntityTypes, type Finding, labelOf, segmentText } from "./entity-types.ts";
import { printable, printableLines } from "./terminal.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => ESCAPES[character]!);
}

/** Neighbouring types get hues far apart: 137.5° is the golden angle. */
const hueOf = (index: number) => Math.round(255 + index * 137.5) % 360;

const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(oklch(0.985 0.003 260), oklch(0.19 0.012 260));
  --card: light-dark(white, oklch(0.23 0.014 260));
  --ink: light-dark(oklch(0.25 0.02 260), oklch(0.93 0.008 260));
  --quiet: light-dark(oklch(0.48 0.02 260), oklch(0.74 0.015 260));
  --line: light-dark(oklch(0.91 0.006 260), oklch(0.33 0.014 260));
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 54rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
h1 { margin: 0; font-size: 1.4rem; letter-spacing: -0.01em; }
header p { margin: 0.1rem 0 1rem; color: var(--quiet); overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 0 0 1.75rem; padding: 0; list-style: none; }
.legend li, .type, mark {
  background: light-dark(oklch(0.92 0.07 var(--hue)), oklch(0.38 0.075 var(--hue)));
  color: light-dark(oklch(0.24 0.06 var(--hue)), oklch(0.96 0.03 var(--hue)));
}
.legend li, .type { border-radius: 999px; padding: 0.05rem 0.7rem; font-size: 0.82rem; font-weight: 600; }
article {
  margin: 0 0 1rem; padding: 1.25rem 1.4rem; border: 1px solid var(--line); border-radius: 0.9rem; background: var(--card);
}
.text { margin: 0; font-size: 1.15rem; line-height: 2.3; white-space: pre-wrap; overflow-wrap: anywhere; }
mark {
  padding: 0.28em 0.35em; margin: 0 0.1em; border-radius: 0.4em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
}
.label {
  margin-left: 0.45em; padding: 0.1em 0.45em; border-radius: 0.35em; font-size: 0.66em; font-weight: 700;
  vertical-align: 0.08em; white-space: nowrap; user-select: none;
  background: light-dark(oklch(0.46 0.13 var(--hue)), oklch(0.83 0.09 var(--hue)));
  color: light-dark(white, oklch(0.22 0.05 var(--hue)));
}
.outside { --hue: 0; filter: grayscale(1); }
.label::before { content: "\\2060"; } /* a word joiner: the label never starts a line */
details, .none { margin: 0.9rem 0 0; }
.none { color: var(--quiet); font-size: 0.88rem; }
summary { cursor: pointer; color: var(--quiet); font-size: 0.88rem; }
table { width: 100%; margin-top: 0.6rem; border-collapse: collapse; font-size: 0.92rem; }
th { color: var(--quiet); font-weight: 500; font-size: 0.82rem; }
th, td { padding: 0.4rem 0.5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
tbody tr:last-child td { border-bottom: 0; }
td:nth-child(2) { overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (forced-colors: active) { mark, .type, .legend li { border: 1px solid; } }
@media print { body { max-width: none; padding: 0; } article { break-inside: avoid; } }
`;

/** The page up to its first text: style, title and the legend of all types that the model knows. */
export function renderHtmlHead(model: string, types: EntityTypes): string {
  const legend = types.names.map(
    (type, index) => `<li style="--hue: ${hueOf(index)}">${escapeHtml(printable(type))}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Entities</title>
<style>${STYLE}</style>
</head>
<body>
<header>
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
  const language = /\p{Script=Han}/u.test(text) ? ' lang="zh"' : "";
  const label = (entity: Finding) => escapeHtml(printable(labelOf(entity)));
  const hue = (entity: Finding) => {
    const index = types.indexOf(entity);
    return index === -1 ? 'class="outside"' : `style="--hue: ${hueOf(index)}"`;
  };
  const marked = segmentText(text, entities).map((segment) => {
    const content = escapeHtml(printableLines(segment.text));
    if (segment.entity === undefined) return content;
    return `<mark ${hue(segment.entity)}>${content}<span class="label">${label(segment.entity)}</span></mark>`;
  });
  const rows = entities.map(
    (entity) =>
      `<tr ${hue(entity)}><td><span class="type">${label(entity)}</span></td>` +
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
  return `<article>\n<p class="text"${language}>${marked.join("")}</p>\n${table}</article>\n`;
}

export const HTML_TAIL = "</main>\n</body>\n</html>\n";
