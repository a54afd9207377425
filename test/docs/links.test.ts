import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { slugOf } from "../../docs/.vitepress/slug.ts";
import { PAGES, ROOT, readPage } from "./blocks.ts";

/** A page without its blocks and inline code, whose brackets are no links. */
const proseOf = (page: string): string =>
  readPage(page)
    .replaceAll(/^( *)(`{3,})[^]*?^\1\2/gm, "")
    .replaceAll(/`[^`\n]*`/g, (code) => (code.includes("](") ? "" : code));

/** A tag of HTML that is no anchor, address or comment. */
const TAG = /<(?!a id=|\/a>|https?:|!--)[a-z/][^>]*>/gi;

/** Returns the anchors of a page, as GitHub and the site make them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of proseOf(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = slugOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, ""));
    let anchor = slug;
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`;
    anchors.add(anchor);
  }
  for (const [, id = ""] of proseOf(page).matchAll(/<a id="([^"]+)">/g)) anchors.add(id);
  return anchors;
}

const links = PAGES.flatMap((page) =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, address = ""]) => ({ page, address }))
    .filter(({ address }) => !/^(?:[a-z]+:|\/)/i.test(address)),
);

/** Returns what is wrong with a link, or `undefined`. */
function problemOf({ page, address }: (typeof links)[number]): string | undefined {
  const [path = "", anchor] = address.split("#");
  const target = path === "" ? page : posix.join(posix.dirname(page), decodeURI(path));
  if (target.startsWith("..") || !existsSync(join(ROOT, target))) return `${page}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  if (!target.endsWith(".md") || statSync(join(ROOT, target)).isDirectory())
    return `${page}: ${target} has no anchors`;
  return anchorsOf(target).has(anchor) ? undefined : `${page}: ${target} has no anchor ${anchor}`;
}

describe("the links of pages", () => {
  test("are found", () => {
    expect(links.length).toBeGreaterThan(300);
  });

  test("lead to files and anchors that exist", () => {
    expect(links.flatMap((link) => problemOf(link) ?? [])).toEqual([]);
  });
});

test("pages use no HTML but anchors: what looks like a tag is left out by GitHub, and breaks the site", () => {
  const tags = PAGES.flatMap((page) =>
    [
      ...readPage(page)
        .replaceAll(/^( *)(`{3,})[^]*?^\1\2/gm, "")
        .replaceAll(/`[^`]*`/g, "")
        .matchAll(TAG),
    ].map(([tag]) => `${page}: ${tag}`),
  );
  expect(tags).toEqual([]);
});

test("the index of the documentation, of which the sidebar of the site is made, links to every page once", () => {
  const pages = PAGES.filter((page) => /^docs\/(?:[\w-]+|start\/[\w-]+|recipes\/[\w-]+)\.md$/.test(page));
  const linked = links
    .filter(({ page, address }) => page === "docs/index.md" && /^[\w/-]+\.md$/.test(address))
    .map(({ address }) => `docs/${address}`);
  expect(["docs/index.md", ...linked].toSorted()).toEqual(pages.toSorted());
});
