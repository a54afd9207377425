import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import { visible } from "../../core/escape.ts";
import { CommandError } from "../shell.ts";

/** Keys and indexes from the root of a file to a value. */
export type Path = readonly (string | number)[];

/** A file to import, in JSON or YAML. */
export interface Source {
  readonly file: string;
  readonly document: Document;
  readonly value: unknown;
  /** Returns the place of a value as errors name it: `FILE:LINE:COLUMN: a.b[0]`. */
  place(path: Path): string;
}

/**
 * Parses a file. Errors omit the parser's message, because it quotes the text, which may contain secrets.
 * @throws CommandError if it is neither JSON nor YAML
 */
export function openSource(file: string, text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, logLevel: "error", lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new CommandError(`${file}:${line}:${col}: got invalid JSON or YAML (${error.code})`, "usage");
  }
  return {
    file,
    document,
    value: document.toJS() as unknown,
    place(path) {
      const offset = offsetOf(document, path);
      const { line, col } = lines.linePos(offset ?? 0);
      return `${file}:${line}:${col}${path.length === 0 ? "" : `: ${nameOf(path)}`}`;
    },
  };
}

/** Returns the offset of the key at `path`, or of the element of a list; else of what contains it. */
function offsetOf(document: Document, path: Path): number | undefined {
  const parent: unknown = document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    if (isPair(pair) && isNode(pair.key)) return pair.key.range?.[0];
  }
  const node: unknown = document.getIn(path, true);
  if (isNode(node)) return node.range?.[0];
  return path.length === 0 ? undefined : offsetOf(document, path.slice(0, -1));
}

const nameOf = (path: Path): string =>
  path
    .map((step, i) => (typeof step === "number" ? `[${step}]` : `${i === 0 ? "" : "."}${visible(step)}`))
    .join("");
