import type { TokenReplacement } from "../../index.node.ts";
import { escapeHtml, htmlHead, PAGE_COLORS } from "../../report/html.ts";
import { languageOf, segmentText } from "../../report/marked-text.ts";
import { printable, printableLines } from "../../report/printable.ts";
import type { Style } from "../terminal.ts";
import { renderTable } from "./table.ts";

/** From here on a token is more likely replaced than not: so ELECTRA's authors count it. */
const SUSPECT = 0.5;

/** Of the 256 colours: backgrounds from a breath of yellow to red, for scores from 0.1 on. */
const SHADES = [230, 229, 222, 221, 215, 209, 203, 197, 196];
const FAINTEST = 0.1;

/** The text, each token on a background as strong as it is likely replaced; without colours the suspects in brackets. */
function shade(text: string, tokens: readonly TokenReplacement[], { colors }: Style): string {
  const pieces = segmentText(text, tokens).map(({ text, entity }) => {
    const content = printableLines(text);
    const score = entity?.score ?? 0;
    if (!colors.isColorSupported) return score >= SUSPECT ? `[${content} ${score.toFixed(2)}]` : content;
    if (score < FAINTEST) return content;
    const shade = SHADES[Math.min(Math.floor((score - FAINTEST) * 10), SHADES.length - 1)];
    return `\x1b[48;5;${shade}m\x1b[38;5;16m${content}\x1b[0m`;
  });
  return pieces.join("");
}

/** The shaded text and, below, its suspects. */
export function renderReplacements(text: string, tokens: readonly TokenReplacement[], style: Style): string {
  const suspects = tokens.filter(({ score }) => score >= SUSPECT);
  const shaded = `${shade(text, tokens, style)}\n\n`;
  if (suspects.length === 0) return `${shaded} ${style.colors.dim("nothing looks replaced")}\n`;
  return (
    shaded +
    renderTable(
      {
        head: ["token", "start–end", "replaced"],
        align: ["left", "right", "right"],
        rows: suspects.map(({ word, start, end, score }) => [
          printable(word),
          `${start}–${end}`,
          score.toFixed(4),
        ]),
        elastic: 0,
      },
      style,
    )
  );
}

const STYLE = `${PAGE_COLORS}
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 54rem; background: var(--page); color: var(--ink);
  font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
h1 { margin: 0; font-size: 1.4rem; }
header p { margin: 0.1rem 0 1.75rem; color: var(--quiet); overflow-wrap: anywhere; }
article { margin: 0 0 1rem; padding: 1.25rem 1.4rem; border: 1px solid var(--line); border-radius: 0.9rem; background: var(--card); }
article p { margin: 0; font-size: 1.15rem; line-height: 2; white-space: pre-wrap; overflow-wrap: anywhere; }
mark {
  color: inherit; border-radius: 0.2em; padding: 0.15em 0;
  background: color-mix(in oklch, light-dark(oklch(0.72 0.19 30), oklch(0.55 0.19 30)) calc(var(--p) * 100%), transparent);
}
mark.suspect { font-weight: 600; text-decoration: underline; text-underline-offset: 0.3em; }
@media (forced-colors: active) { mark.suspect { border: 1px solid; } }
`;

export const replacementsHead = (model: string): string => `${htmlHead("Replaced tokens", STYLE)}<header>
<h1>Replaced tokens</h1>
<p>The stronger its background, the less likely a token stood there, to ${escapeHtml(printable(model))}. From one half on it is underlined.</p>
</header>
<main>
`;

export function replacementsArticle(text: string, tokens: readonly TokenReplacement[]): string {
  const pieces = segmentText(text, tokens).map(({ text, entity }) => {
    const content = escapeHtml(printableLines(text));
    if (entity === undefined || entity.score < FAINTEST) return content;
    const score = entity.score.toFixed(3);
    const suspect = entity.score >= SUSPECT ? ' class="suspect"' : "";
    return `<mark${suspect} style="--p: ${score}" title="${score}">${content}</mark>`;
  });
  return `<article>\n<p${languageOf(text)}>${pieces.join("")}</p>\n</article>\n`;
}
