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

/** The colours of a page, in light and dark as its reader has it. */
export const PAGE_COLORS = `
:root {
  color-scheme: light dark;
  --page: light-dark(oklch(0.985 0.003 260), oklch(0.19 0.012 260));
  --card: light-dark(white, oklch(0.23 0.014 260));
  --ink: light-dark(oklch(0.25 0.02 260), oklch(0.93 0.008 260));
  --quiet: light-dark(oklch(0.48 0.02 260), oklch(0.74 0.015 260));
  --line: light-dark(oklch(0.91 0.006 260), oklch(0.33 0.014 260));
}
`;

/** A page up to its content: it asks nothing of any server and runs no script. */
export const htmlHead = (title: string, style: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
`;
