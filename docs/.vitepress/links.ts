import { statSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { MarkdownRenderer } from "vitepress";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The folder of the site that shows files of the repository outside `docs`. */
const FILES = "files";

/** Returns the file of the repository that a page of the site shows; both paths are relative to their roots. */
export const sourceOf = (page: string): string => {
  if (!page.startsWith(`${FILES}/`)) return posix.join("docs", page);
  const path = page.slice(FILES.length + 1);
  // Only Markdown is shown under its own name.
  return isFile(path) ? path : path.replace(/\.md$/, "");
};

/** Folders of pages that a page lists. */
const LISTED: Readonly<Record<string, string>> = {
  docs: "index.md",
  "docs/adr": "decisions.md",
  "docs/dashboards": "dashboards.md",
  "docs/runbooks": "runbooks.md",
};

/** Returns the page of the site that shows a file or folder of the repository. */
export const pageOf = (path: string): string => {
  const target = path.replace(/\/$/, "");
  const list = LISTED[target];
  if (list !== undefined) return list;
  const page = target.startsWith("docs/") ? target.slice("docs/".length) : `${FILES}/${target}`;
  if (isFile(target)) return target.endsWith(".md") ? page : `${page}.md`;
  return `${page}/index.md`;
};

/**
 * Leads links to where the site has what they lead to in the repository: a link of `docs/routes.md` to
 * `../examples/routes/nginx.conf` becomes one to `/files/examples/routes/nginx.conf`. Links between pages stay as they are.
 */
export function linksOfTheRepository(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("links-of-the-repository", (state) => {
    const page = (state.env as { relativePath?: string }).relativePath;
    if (page === undefined) return;
    for (const token of state.tokens.flatMap(({ children }) => children ?? [])) {
      const attribute = token.type === "link_open" ? "href" : token.type === "image" ? "src" : undefined;
      const address = attribute && token.attrGet(attribute);
      if (attribute === undefined || !address || /^(?:[a-z]+:|#|\/)/i.test(address)) continue;
      const [path = "", anchor] = address.split("#");
      const source = sourceOf(page);
      // A page of a folder stands in it, not beside it.
      const folder = isFile(source) ? posix.dirname(source) : source;
      const target = posix.normalize(posix.join(folder, decodeURI(path)));
      if (attribute === "src") token.attrSet("src", `/${posix.relative("docs", target)}`);
      else token.attrSet("href", `/${pageOf(target)}${anchor === undefined ? "" : `#${anchor}`}`);
    }
  });
}

function isFile(path: string): boolean {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile() === true;
}
