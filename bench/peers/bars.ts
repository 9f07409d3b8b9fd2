export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly ours: boolean;
}

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const BARS_LEFT = 250;
const BARS_RIGHT = 680;
const BAR = 18;
const STEP = 26;
const TITLE = 34;

/** An SVG picture in light and dark: shorter bars are better. Panels without bars are left out. */
export function renderBars(panels: readonly Panel[], description: string): string {
  let y = 0;
  const parts: string[] = [];
  for (const { title, bars } of panels) {
    if (bars.length === 0) continue;
    const longest = Math.max(...bars.map(({ value }) => value));
    parts.push(`<text class="title" x="8" y="${y + 22}">${title}</text>`);
    y += TITLE;
    for (const { label, value, ours } of bars) {
      const width = (value / longest) * (BARS_RIGHT - BARS_LEFT);
      const middle = y + BAR - 4.5;
      parts.push(
        `<text x="${BARS_LEFT - 8}" y="${middle}" text-anchor="end">${label}</text>`,
        `<rect class="${ours ? "ours" : "peer"}" x="${BARS_LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text x="${(BARS_LEFT + width + 6).toFixed(1)}" y="${middle}">${value.toFixed(value < 100 ? 1 : 0)}</text>`,
      );
      y += STEP;
    }
    y += 12;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${description}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.ours { fill: #0a7f5a }
.peer { fill: #b4bcc6 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #2fbf8f } .peer { fill: #57606a } }
</style>
${parts.join("\n")}
</svg>
`;
}
