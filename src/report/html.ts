import { escapeHtml } from "../core/escape.ts";
import type { Report } from "./document.ts";
import { type Section, sectionsOf } from "./sections.ts";
import { toneOf } from "./tones.ts";

/** Renders the report as a self-contained page, without scripts, fonts or requests. */
export function reportHtml(report: Report): string {
  const { source, window, generated_at, notes } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Health report, ${escapeHtml(window.from)} to ${escapeHtml(window.to)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Health report</h1>
<p>${escapeHtml(window.from)} to ${escapeHtml(window.to)}, from ${escapeHtml(source)}, made at ${escapeHtml(generated_at)}</p>
${sectionsOf(report).map(sectionHtml).join("\n")}
<h2>Notes</h2>
<ul>
${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("\n")}
</ul>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark }
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em }
table { border-collapse: collapse; margin: .5em 0 }
th, td { border-bottom: 1px solid #8884; padding: .25em .75em; text-align: left; vertical-align: top }
.right { text-align: right; font-variant-numeric: tabular-nums }
.good { color: #18794e } .bad { color: #c62a2f; font-weight: 600 } .unsure { color: #946800 }
@media (prefers-color-scheme: dark) { .good { color: #4cc38a } .bad { color: #ff9592 } .unsure { color: #f1a10d } }
`;

function sectionHtml({ title, columns, rows, empty }: Section): string {
  if (rows.length === 0) return `<h2>${escapeHtml(title)}</h2>\n<p>${escapeHtml(empty)}</p>`;
  const side = (i: number): string => (columns[i]?.align === "right" ? ' class="right"' : "");
  const head = columns.map(({ name }, i) => `<th scope="col"${side(i)}>${escapeHtml(name)}</th>`).join("");
  const cell = (text: string, i: number): string =>
    i === 0
      ? `<th scope="row"${side(i)}>${escapeHtml(text)}</th>`
      : `<td${side(i)}>${coloured(columns[i]?.name ?? "", text)}</td>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
  return `<h2>${escapeHtml(title)}</h2>\n<table>\n<tr>${head}</tr>\n${body}\n</table>`;
}

/** Colours a status. The text alone carries the meaning. */
function coloured(column: string, text: string): string {
  const kind = toneOf(column, text);
  return kind === undefined ? escapeHtml(text) : `<span class="${kind}">${escapeHtml(text)}</span>`;
}
