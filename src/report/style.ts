import { PAGE_COLORS } from "./html.ts";
import { MARK_STYLE } from "./marked-text.ts";

const LAYOUT = `
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 3rem 1.5rem 4rem; max-width: 66rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
h1 { margin: 0; font-size: 2.1rem; line-height: 1.2; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { margin: 0 0 1rem; font-size: 1.3rem; letter-spacing: -0.01em; }
h3 { margin: 0 0 0.6rem; font-size: 0.95rem; }
h4 { margin: 0; font-size: 0.75rem; font-weight: 600; color: var(--quiet); text-transform: uppercase; letter-spacing: 0.06em; }
.kind { margin: 0 0 0.3rem; font-size: 0.8rem; font-weight: 600; color: var(--accent); text-transform: uppercase; letter-spacing: 0.08em; }
.summary { margin: 0.6rem 0 1.75rem; max-width: 46rem; color: var(--quiet); overflow-wrap: anywhere; }
.quiet { color: var(--quiet); font-weight: 400; }
.note { color: var(--quiet); font-size: 0.88rem; max-width: 46rem; overflow-wrap: anywhere; }
ul.note { margin-top: -0.4rem; padding-left: 1.2rem; }
section { margin-top: 3.25rem; scroll-margin-top: 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.4rem; margin: 1.5rem 0 0; padding: 0; list-style: none; font-size: 0.92rem; }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 0.3rem; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.82rem; }
dl { margin: 0; }
dd { margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 0.8rem; }
.tiles div, figure, article, .scroll, .facts, pre {
  background: var(--card); border: 1px solid var(--line); border-radius: 0.8rem;
}
.tiles div { padding: 0.9rem 1.1rem 1rem; }
.tiles dt { font-size: 0.82rem; color: var(--quiet); }
.tiles .value { font-size: 1.75rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.tiles .quiet { font-size: 0.8rem; }
`;

const TABLES = `
.scroll { overflow-x: auto; margin: 0 0 1rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.92rem; }
caption { padding: 0.8rem 1.1rem 0; text-align: left; font-size: 0.82rem; color: var(--quiet); }
caption span { display: inline-block; position: sticky; left: 1.1rem; max-width: calc(100vw - 4.5rem); }
th, td { padding: 0.45rem 0.6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: middle; }
tr > :first-child { padding-left: 1.1rem; }
tr > :last-child { padding-right: 1.1rem; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--quiet); font-weight: 500; font-size: 0.82rem; white-space: nowrap; }
tbody th { font-weight: 500; white-space: nowrap; }
tr > th:first-child { position: sticky; left: 0; background: var(--card); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.track {
  display: inline-block; width: 5rem; height: 0.4rem; margin-right: 0.7rem; border-radius: 1rem; vertical-align: 0.12rem;
  background: linear-gradient(90deg, var(--accent) var(--share), var(--line) var(--share));
}
.cell { min-width: 3.4rem; background: color-mix(in oklch, var(--bad) calc(var(--part) * 0.75), transparent); }
.cell.right { background: color-mix(in oklch, var(--good) calc(var(--part) * 0.45), transparent); font-weight: 600; }
`;

const CHARTS = `
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0.8rem; align-items: start; }
figure { margin: 0; padding: 1rem 1.1rem; }
figcaption { margin-bottom: 0.5rem; font-size: 0.92rem; font-weight: 600; }
figcaption .quiet { margin-left: 0.5rem; font-size: 0.82rem; }
figure .note { margin: 0.6rem 0 0; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--quiet); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); }
.base { stroke: var(--quiet); stroke-width: 1; }
.series path { fill: none; stroke: var(--stroke); stroke-width: 2; stroke-dasharray: var(--dash); stroke-linejoin: round; }
.series circle { fill: var(--card); stroke: var(--stroke); stroke-width: 2; }
.series { --stroke: light-dark(oklch(0.55 0.16 var(--hue)), oklch(0.78 0.13 var(--hue))); }
.figures + .scroll { margin-top: 0.8rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; margin: 0.7rem 0; padding: 0; list-style: none; font-size: 0.85rem; color: var(--quiet); }
.legend li { display: flex; align-items: center; gap: 0.5rem; }
.swatch { width: 36px; height: 8px; }
.ideal { stroke: var(--quiet); stroke-dasharray: 4 4; }
.bar { fill: var(--accent); opacity: 0.75; }
.gap { fill: none; stroke: var(--bad); stroke-width: 1; stroke-dasharray: 2 2; }
.due { stroke: var(--ink); stroke-width: 2.5; }
.count { fill: var(--quiet); opacity: 0.55; }
`;

const ERRORS = `
article { margin: 0 0 0.8rem; padding: 1.1rem 1.25rem; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 0.6rem 2rem; }
.text { font-size: 1.02rem; line-height: 2.2; }
mark.fine { background: none; color: inherit; box-shadow: inset 0 -2px light-dark(oklch(0.78 0.1 var(--hue)), oklch(0.5 0.09 var(--hue))); border-radius: 0; }
mark.fine .label { background: none; color: var(--quiet); padding: 0; }
mark.wrong { outline: 2px solid light-dark(oklch(0.5 0.14 var(--hue)), oklch(0.78 0.1 var(--hue))); outline-offset: -1px; }
.what { columns: 22rem; column-gap: 2rem; margin: 0.7rem 0 0; padding-left: 1.1rem; font-size: 0.88rem; line-height: 1.9; }
.what li { break-inside: avoid; }
q { quotes: "“" "”"; overflow-wrap: anywhere; }
details { margin: 0.8rem 0; }
summary { cursor: pointer; color: var(--accent); font-size: 0.92rem; }
details[open] > summary { margin-bottom: 0.8rem; }
.fact-groups { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 0.8rem; align-items: start; margin-bottom: 1.5rem; }
.facts { padding: 1rem 1.1rem; }
.facts:nth-child(3) { grid-column: 1 / -1; }
.facts:nth-child(3) dl { columns: 17rem; column-gap: 2.5rem; }
.facts dl div { display: flex; justify-content: space-between; gap: 1rem; padding: 0.25rem 0; font-size: 0.88rem; border-top: 1px solid var(--line); break-inside: avoid; }
.facts dt { color: var(--quiet); white-space: nowrap; }
.facts dd { text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre { margin: 0; padding: 1rem 1.1rem; font-size: 0.85rem; line-height: 1.6; white-space: pre-wrap; overflow-wrap: anywhere; }
`;

const MEDIA = `
@media (max-width: 40rem) {
  body { padding: 1.75rem 0.9rem 3rem; }
  h1 { font-size: 1.6rem; }
  section { margin-top: 2.5rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 0.5rem; }
  .tiles div { padding: 0.7rem 0.8rem; }
  .tiles .value { font-size: 1.4rem; }
  .track { display: none; }
  .cell { min-width: 2.6rem; }
  th, td { padding-inline: 0.4rem; }
  figure, article { padding: 0.9rem; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media (forced-colors: active) { .cell.right { outline: 2px solid; } mark { border: 1px solid; } }
@media print {
  :root { color-scheme: light; --page: white; }
  .tiles { grid-template-columns: repeat(4, 1fr); }
  .figures { grid-template-columns: 1fr 1fr; }
  section { margin-top: 2rem; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  article, figure, tr, .facts, .tiles div { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
}
`;

/** How a report looks: light and dark, on a phone, on paper. */
export const REPORT_STYLE = `${PAGE_COLORS}:root {
  --accent: light-dark(oklch(0.5 0.15 262), oklch(0.76 0.12 262));
  --good: light-dark(oklch(0.72 0.13 160), oklch(0.6 0.11 160));
  --bad: light-dark(oklch(0.68 0.17 30), oklch(0.62 0.16 30));
}${MARK_STYLE}${LAYOUT}${TABLES}${CHARTS}${ERRORS}${MEDIA}`;
