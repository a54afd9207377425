import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The pages that users read, relative to the root of the repository. */
export const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...globSync("{docs,deploy,examples}/**/*.md", { cwd: ROOT, exclude: ["docs/files/**"] }).toSorted(),
];

/** A fenced block of a page. */
export interface Block {
  /** The page, relative to the root of the repository. */
  readonly page: string;
  /** Page and line, for messages. */
  readonly place: string;
  /** The word after the fence; empty if there is none. */
  readonly language: string;
  /** The text, without the indentation of the fence. */
  readonly text: string;
}

/** Reads a page. */
export const readPage = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/**
 * Returns the fenced blocks of a page in order.
 * @throws Error for a block that does not end
 */
export function blocksOf(page: string, text = readPage(page)): readonly Block[] {
  const blocks: Block[] = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const [, indent = "", fence, language = ""] = /^( *)(`{3,}|~{3,}) *([^`]*)$/.exec(lines[i] ?? "") ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, j) => j > i && line.trim() === fence);
    if (end === -1) throw new Error(`${page}:${i + 1}: a block without an end`);
    const body = lines
      .slice(i + 1, end)
      .map((line) => line.slice(Math.min(indent.length, line.search(/\S|$/))));
    blocks.push({
      page,
      place: `${page}:${i + 1}`,
      language: language.trim(),
      text: `${body.join("\n")}\n`,
    });
    i = end;
  }
  return blocks;
}
