import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, posix } from "node:path";
import { pageOf, ROOT } from "./links.ts";

/** A page that shows a file or a folder of the repository. */
interface FilePage {
  readonly params: { readonly path: string };
  /** Its Markdown. */
  readonly content: string;
}

/** The only folder whose files all have a page. Of others, a page names the files. */
const SHOWN = "examples";

/** The languages of files whose extension does not name it. */
const LANGUAGES: Readonly<Record<string, string>> = {
  "": "text",
  ".cfg": "text",
  ".conf": "nginx",
  ".cron": "text",
  ".service": "ini",
  ".socket": "ini",
  ".timer": "ini",
  ".tmpl": "text",
  ".tpl": "text",
};

/** Returns a page for each file and folder that the documentation links to, and for each example. */
export function filePages(): FilePage[] {
  const found = new Set<string>();
  const pages: FilePage[] = [];
  const waiting = filesIn("docs")
    .filter((file) => file.endsWith(".md"))
    .flatMap(linkedFrom);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const page = pageOf(path).slice("files/".length, -".md".length);
    if (isFolder(path)) {
      const files = filesIn(path);
      if (isShown(path)) waiting.push(...files);
      pages.push({ params: { path: page }, content: folderText(path, files) });
    } else {
      if (path.endsWith(".md")) waiting.push(...linkedFrom(path));
      pages.push({ params: { path: page }, content: fileText(path) });
    }
  }
  return pages;
}

const isFolder = (path: string): boolean => statSync(join(ROOT, path)).isDirectory();
const isShown = (path: string): boolean => path === SHOWN || path.startsWith(`${SHOWN}/`);

/** Returns the files below a folder. */
const filesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(posix.relative(ROOT, entry.parentPath), entry.name))
    .filter((path) => !path.startsWith("docs/.vitepress/") && !path.startsWith("docs/files/"))
    .toSorted();

/** Returns the files and folders outside `docs` that a page links to. */
function linkedFrom(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8").replaceAll(/^ *```[^]*?^ *```/gm, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, address = ""]) => address.split("#")[0] ?? "")
    .filter((path) => path !== "" && !/^(?:[a-z]+:|\/)/i.test(path))
    .map((path) => posix.join(posix.dirname(page), path).replace(/\/$/, ""))
    .filter((path) => path !== "docs" && !path.startsWith("docs/"));
}

const folderText = (folder: string, files: readonly string[]): string => {
  const rows = files.map((path) => {
    const name = posix.relative(folder, path);
    return isShown(path) ? `- [${name}](/${pageOf(path)})` : `- ${name}`;
  });
  return `# ${folder}\n\n${rows.join("\n")}\n`;
};

function fileText(path: string): string {
  const text = readFileSync(join(ROOT, path), "utf8");
  if (path.endsWith(".md")) return text;
  const extension = extname(path);
  const language = LANGUAGES[extension] ?? extension.slice(1);
  return `# ${path}\n\n\`\`\`\`${language}\n${text}\n\`\`\`\`\n`;
}
