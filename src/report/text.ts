import { visible } from "../core/escape.ts";
import type { Report } from "./document.ts";
import { type Section, sectionsOf } from "./sections.ts";
import { type Tone, toneOf } from "./tones.ts";

/** Lays out rows in columns; the first row is the heading. */
type Table = (rows: readonly (readonly string[])[], align: readonly ("left" | "right")[]) => string;

/**
 * Renders the report for a terminal.
 * @param paint colours a word by its tone; without it, there are no colours
 */
export function reportText(
  report: Report,
  table: Table,
  paint: (tone: Tone, text: string) => string = (_, text) => text,
): string {
  const painted = (cell: string, tone: Tone | undefined): string =>
    tone === undefined ? visible(cell) : paint(tone, cell);
  const sections = sectionsOf(report).map(({ title, columns, rows, empty }) => {
    const head = columns.map(({ name }) => name);
    const body =
      rows.length === 0
        ? `${empty}\n`
        : table(
            [head, ...rows.map((row) => row.map((cell, i) => painted(cell, toneOf(head[i] ?? "", cell))))],
            columns.map(({ align }) => align),
          );
    return `${title}\n${"-".repeat(title.length)}\n${body}`;
  });
  const notes = report.notes.map((note) => `- ${visible(note)}\n`).join("");
  return [heading(report), ...sections, `Notes\n-----\n${notes}`].join("\n\n");
}

const heading = ({ source, window, generated_at }: Report): string =>
  `Health report, ${window.from} to ${window.to}\nfrom ${visible(source)}, made at ${generated_at}`;

/** Renders the report as Markdown, for tickets and wikis. */
export function reportMarkdown(report: Report): string {
  const { source, window, generated_at } = report;
  const sections = sectionsOf(report).map(markdownSection);
  const notes = report.notes.map((note) => `- ${markdown(note)}\n`).join("");
  return `# Health report\n\n${window.from} to ${window.to}, from ${markdown(source)}, made at ${generated_at}.\n\n${sections.join("\n")}\n## Notes\n\n${notes}`;
}

function markdownSection({ title, columns, rows, empty }: Section): string {
  if (rows.length === 0) return `## ${title}\n\n${empty}\n`;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const rule = columns.map(({ align }) => (align === "right" ? "--:" : ":--"));
  const head = line(columns.map(({ name }) => markdown(name))) + line(rule);
  return `## ${title}\n\n${head}${rows.map((row) => line(row.map(markdown))).join("")}`;
}

/** Escapes text, so that it neither ends a cell nor becomes a link, an image or HTML. */
const markdown = (text: string): string =>
  visible(text)
    .replace(/[\\`*_[\]|~#!]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");
