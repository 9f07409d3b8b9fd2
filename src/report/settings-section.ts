import { escapeHtml } from "./html.ts";
import { printable } from "./printable.ts";
import type { Report } from "./report.ts";
import { safe } from "./table.ts";

/** What was trained on what, how, and how to do it again. */
export function settingsSection({ facts, command }: Report): string {
  const groups = facts.map(({ title, rows }) => {
    const items = rows.map(([name, value]) => `<div><dt>${safe(name)}</dt><dd>${safe(value)}</dd></div>`);
    return `<div class="facts"><h3>${safe(title)}</h3><dl>${items.join("")}</dl></div>`;
  });
  return `<div class="fact-groups">${groups.join("\n")}</div>
<h3>Again</h3>
<pre><code>${escapeHtml(printable(command))}</code></pre>`;
}
