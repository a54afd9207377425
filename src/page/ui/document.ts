import { renderToString } from "preact-render-to-string";
import { escapeHtml, visible } from "../../core/escape.ts";
import { App, titleOf } from "./app.ts";
import { h } from "./h.ts";
import { unix } from "./text.ts";
import { type Site, timeOf, type View } from "./view.ts";

/** Addresses of the files that a document needs; absent if they were not built. */
export interface AssetPaths {
  readonly script: string;
  readonly style: string;
  readonly icon: string;
}

/** The policy of pages: nothing from elsewhere, nothing inline, no frame around them. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The policy of an embedded public view, which other sites may show in a frame. */
export const EMBED_POLICY = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *");

/** The data of a view in the document, for the browser. */
export interface Embedded {
  readonly view: View;
  readonly site: Site;
}

/** Renders a whole document. It is complete without JavaScript. */
export function renderDocument(view: View, site: Site, assets: AssetPaths | undefined): string {
  const now = unix(timeOf(view));
  const body = renderToString(h(App, { view, site, now, freshness: { kind: "rendered" } }));
  const embedded: Embedded = { view, site };
  const isPublic = view.kind === "public";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(visible(titleOf(view)))}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(visible(descriptionOf(view)))}">
${isPublic ? "" : '<meta name="robots" content="noindex">\n'}${assets === undefined ? "" : headLinks(assets)}${isPublic ? "" : `<link rel="alternate" type="application/atom+xml" title="Incidents" href="${escapeHtml(`${site.base}/incidents.atom`)}">\n`}</head>
<body>
<div id="page">${body}</div>
<script type="application/json" id="data">${inScript(JSON.stringify(embedded))}</script>
</body>
</html>
`;
}

const headLinks = ({ script, style, icon }: AssetPaths): string =>
  `<link rel="stylesheet" href="${escapeHtml(style)}">
<link rel="icon" type="image/svg+xml" href="${escapeHtml(icon)}">
<script type="module" src="${escapeHtml(script)}"></script>
`;

const descriptionOf = (view: View): string =>
  view.kind === "overview" || view.kind === "public" ? view.data.summary : titleOf(view);

/** Escapes JSON so that no text in it can end the element around it. */
const inScript = (json: string): string =>
  json.replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
