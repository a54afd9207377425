import { hash } from "node:crypto";
import { escapeHtml } from "../core/escape.ts";

const STYLE =
  "body{font-family:system-ui,sans-serif;line-height:1.5;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}" +
  "nav{margin-bottom:2rem}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}code{font-family:ui-monospace,monospace;font-size:.9em}" +
  "pre{background:#f3f3f3;padding:.8rem;overflow-x:auto}li{margin:.4rem 0}" +
  "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#262626}a{color:#8cb4ff}}";

/** Headers of a page of runbooks: it loads nothing, runs nothing, and is shown in no frame. */
export const RUNBOOK_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${hash("sha256", STYLE, "base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  Vary: "Accept",
};

/** Links of a page. */
export interface RunbookLinks {
  /** Path prefix of all routes. */
  readonly prefix: string;
  /** Names of all runbooks: text that names one links to it. */
  readonly names: readonly string[];
}

/** Returns the page of a runbook. */
export const runbookPage = (name: string, markdown: string, links: RunbookLinks): string =>
  page(name, blocksOf(markdown, links), links.prefix);

/** Returns the page that lists the runbooks. */
export const runbookList = ({ prefix, names }: RunbookLinks): string =>
  page(
    "Runbooks",
    `<h1>Runbooks</h1>\n<ul>\n${names.map((name) => `<li>${linkTo(name, prefix)}</li>`).join("\n")}\n</ul>`,
    prefix,
  );

const page = (title: string, body: string, prefix: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body>
<nav><a href="${escapeHtml(prefix)}/">heartbeat-exporter</a> · <a href="${escapeHtml(prefix)}/runbooks/">runbooks</a></nav>
${body}
</body>
</html>
`;

const linkTo = (name: string, prefix: string): string =>
  `<a href="${escapeHtml(`${prefix}/runbooks/${name}`)}">${escapeHtml(name)}</a>`;

/** Renders the part of Markdown that runbooks use: headings, paragraphs, lists with `-`, fenced code, code and links. */
function blocksOf(markdown: string, links: RunbookLinks): string {
  const out: string[] = [];
  const [first = "", ...rest] = markdown.split(/^```/m);
  out.push(textBlocks(first, links));
  // Fences open and close in turn.
  for (const [i, part] of rest.entries()) {
    const code = part.slice(part.indexOf("\n") + 1);
    out.push(i % 2 === 0 ? `<pre><code>${escapeHtml(code)}</code></pre>` : textBlocks(part, links));
  }
  return out.join("\n");
}

function textBlocks(text: string, links: RunbookLinks): string {
  const blocks = text.split(/\n\s*\n/).filter((block) => block.trim() !== "");
  return blocks.map((block) => textBlock(block.trim(), links)).join("\n");
}

function textBlock(block: string, links: RunbookLinks): string {
  const heading = /^(#{1,3}) (.*)$/.exec(block);
  if (heading !== null) {
    const level = heading[1]?.length ?? 1;
    return `<h${level}>${escapeHtml(heading[2] ?? "")}</h${level}>`;
  }
  if (!block.startsWith("- ")) return `<p>${inline(block, links)}</p>`;
  const items = block.slice(2).split(/\n- /);
  return `<ul>\n${items.map((item) => `<li>${inline(item, links)}</li>`).join("\n")}\n</ul>`;
}

/** Renders code, links and names of runbooks in a text. Links to other files of the documentation stay text. */
const inline = (text: string, links: RunbookLinks): string =>
  text
    .split(/(`[^`]+`)/)
    .map((part) =>
      part.startsWith("`") && part.length > 1
        ? `<code>${escapeHtml(part.slice(1, -1))}</code>`
        : linked(escapeHtml(part), links),
    )
    .join("");

const linked = (html: string, { prefix, names }: RunbookLinks): string =>
  html
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, (_match, text: string, address: string) =>
      /^https?:/.test(address) ? `<a href="${address}">${text}</a>` : text,
    )
    .replaceAll(/\bHeartbeat[A-Z]\w+/g, (name) => (names.includes(name) ? linkTo(name, prefix) : name));
