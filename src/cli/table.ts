import { stripVTControlCharacters } from "node:util";

/** The alignment of a column. */
export type Align = "left" | "right";

/** Formats rows in columns as wide as their widest cell, without truncating. */
export function textTable(rows: readonly (readonly string[])[], align: readonly Align[]): string {
  const widths = align.map((_, i) => Math.max(0, ...rows.map((row) => width(row[i] ?? ""))));
  const pad = (cell: string, i: number): string => {
    const room = " ".repeat(Math.max(0, (widths[i] ?? 0) - width(cell)));
    return align[i] === "right" ? room + cell : cell + room;
  };
  return rows.map((row) => `${row.map(pad).join("  ").trimEnd()}\n`).join("");
}

/** Returns the number of visible characters, not counting colour codes. */
function width(cell: string): number {
  characters ??= new Intl.Segmenter();
  return [...characters.segment(stripVTControlCharacters(cell))].length;
}

/** Created with the first table: the exporter loads this file, and the data of languages takes a megabyte of memory. */
let characters: Intl.Segmenter | undefined;
