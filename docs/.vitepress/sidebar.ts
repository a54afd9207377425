import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DefaultTheme } from "vitepress";
import { pageOf, ROOT } from "./links.ts";

/** A group of pages, each named by its path below `docs`. */
interface Group {
  readonly text: string;
  readonly pages: readonly string[];
}

/** Returns the groups of `docs/index.md`: its sections, with the pages that each links to. */
function groups(): readonly Group[] {
  const [, ...sections] = readFileSync(join(ROOT, "docs/index.md"), "utf8").split(/^## /m);
  return sections.map((section) => ({
    text: section.split("\n")[0] ?? "",
    // Links to a part of a page are no places of pages.
    pages: [...section.matchAll(/\]\(([\w/-]+)\.md\)/g)].map(([, page = ""]) => page),
  }));
}

/** The folders of pages that a page of the sidebar lists. */
const FOLDERS = ["dashboards", "runbooks", "adr"];

const main: DefaultTheme.SidebarItem[] = groups().map(({ text, pages }) => ({
  text,
  items: pages.map(item),
  collapsed: false,
}));

/** The sidebar by path: that of a page in a folder has the other pages of the folder first. */
export const sidebar: DefaultTheme.SidebarMulti = {
  ...Object.fromEntries(
    FOLDERS.map((folder) => [
      `/${folder}/`,
      [
        { text: headingOf(listOf(folder)), link: `/${listOf(folder)}`, items: pagesIn(folder).map(item) },
        ...main,
      ],
    ]),
  ),
  "/": main,
};

function pagesIn(folder: string): string[] {
  return readdirSync(join(ROOT, "docs", folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name.slice(0, -".md".length)}`)
    .toSorted();
}

/** Returns the page that lists the pages of a folder. */
function listOf(folder: string): string {
  return pageOf(`docs/${folder}`).replace(/\.md$/, "");
}

/** Returns the line of a page, with the page's heading as its text. */
function item(page: string): DefaultTheme.SidebarItem {
  return { text: headingOf(page), link: `/${page}` };
}

function headingOf(page: string): string {
  const [, heading = page] = /^# (.+)$/m.exec(readFileSync(join(ROOT, `docs/${page}.md`), "utf8")) ?? [];
  return heading;
}
