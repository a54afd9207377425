import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Entry, Node, Path, Place, ScalarNode } from "./tree.ts";

/** Told about everything in the text that is no good YAML. */
export type ReportYamlProblem = (place: Place, path: Path, got: string, want: string) => void;

/** More than any honest file needs; anchors that multiply themselves get there at once. */
const MOST_NODES = 100_000;

const WANT_ONE_DOCUMENT = "one YAML document in the file";

/**
 * What is wrong, by the parser's code. The parser's own messages are not used, because some of them quote the text,
 * and the text may be a secret.
 */
const SYNTAX: Partial<Record<YAMLError["code"], readonly [got: string, want: string]>> = {
  ALIAS_PROPS: ["an alias with an anchor or a tag", "the alias alone"],
  BAD_DQ_ESCAPE: [
    "an unknown escape in double quotes",
    "a known one (\\\\ for a backslash), or single quotes",
  ],
  BAD_INDENT: ["wrong indentation or an open bracket", "keys of one map indented alike, brackets closed"],
  BAD_SCALAR_START: ["a text starting with a reserved character", "the text in quotes"],
  BLOCK_AS_IMPLICIT_KEY: ["a second key on one line", "each key on a line of its own, or the text in quotes"],
  BLOCK_IN_FLOW: ["a block inside brackets", "no block inside [] and {}"],
  MISSING_CHAR: ["an unfinished text, list or map", "its closing quote, bracket, colon or comma"],
  MULTILINE_IMPLICIT_KEY: ["a key that goes over several lines", "key: value"],
  MULTIPLE_DOCS: ["a second document", WANT_ONE_DOCUMENT],
  NON_STRING_KEY: ["a key that is no text", "a text as key"],
  TAB_AS_INDENT: ["a tab", "spaces for indentation"],
  TAG_RESOLVE_FAILED: ["an unknown tag", "no tag"],
  UNEXPECTED_TOKEN: ["something unexpected", "YAML"],
};

const TAGS = new Set(["tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"]);

/**
 * Reads YAML 1.2, with merge keys (`<<`) as in YAML 1.1 because Go's parsers have them. Every scalar stays a text:
 * what it means depends on the schema.
 * @returns the tree, or `undefined` when the syntax is broken or there is nothing in the text
 */
export function parseYaml(text: string, complain: ReportYamlProblem): Node | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: "failsafe",
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    // A second document would pass unnoticed with "silent".
    logLevel: "error",
  });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const errors = [...document.errors, ...document.warnings];
  for (const error of errors) {
    const [got, want] = SYNTAX[error.code] ?? ["broken YAML", "YAML"];
    complain(at(error.pos[0]), [], got, want);
  }
  if (errors.length > 0) return undefined;
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.source === "")) return undefined;
  return createBuilder(at, complain)(contents, [], at(0));
}

function createBuilder(at: (offset: number) => Place, complain: ReportYamlProblem) {
  const anchors = new Map<string, Node>();
  const sizes = new WeakMap<Node, number>();
  let total = 0;

  /** `fallback` is the place of a value that was not written. */
  function build(ast: unknown, path: Path, fallback: Place): Node {
    if (isAlias(ast)) return follow(ast, path, fallback);
    const before = total;
    const node = buildFresh(ast, path, fallback);
    total += 1;
    sizes.set(node, total - before);
    if ((isScalar(ast) || isMap(ast) || isSeq(ast)) && ast.anchor !== undefined)
      anchors.set(ast.anchor, node);
    return node;
  }

  function buildFresh(ast: unknown, path: Path, fallback: Place): Node {
    if (!isScalar(ast) && !isMap(ast) && !isSeq(ast)) return nothing(fallback);
    const place = at(ast.range?.[0] ?? 0);
    if (ast.tag !== undefined && !TAGS.has(ast.tag)) complain(place, path, "a tag", "no tag");
    if (isMap(ast)) return { kind: "map", entries: buildEntries(ast, path, place), place };
    if (isSeq(ast)) {
      return { kind: "list", items: ast.items.map((item, i) => build(item, [...path, i], place)), place };
    }
    return buildScalar(ast, ast.source === "" && ast.type === Scalar.PLAIN ? fallback : place);
  }

  function buildEntries(map: YAMLMap, path: Path, place: Place): ReadonlyMap<string, Entry> {
    const written = new Set<string>();
    const entries = new Map<string, Entry>();
    for (const { key, value } of map.items) {
      if (!isScalar(key)) {
        complain(place, path, "a key that is no text", "a text as key");
        continue;
      }
      const name = key.source ?? "";
      const keyPlace = at(key.range?.[0] ?? 0);
      const here = [...path, name];
      if (written.has(name)) complain(keyPlace, here, "the key a second time", "each key once");
      const node = build(value, here, keyPlace);
      if (name === "<<" && key.type === Scalar.PLAIN) merge(entries, node, path);
      else entries.set(name, { place: keyPlace, value: node });
      written.add(name);
    }
    return entries;
  }

  /** Takes over what is not there yet: written keys win wherever they stand, then the first of several maps. */
  function merge(entries: Map<string, Entry>, from: Node, path: Path): void {
    for (const map of from.kind === "list" ? from.items : [from]) {
      if (map.kind !== "map") {
        complain(map.place, [...path, "<<"], "something else", "a map or a list of maps to merge");
        continue;
      }
      for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
    }
  }

  /** An anchor counts once its node is complete, so an alias inside of it finds nothing and nothing turns in circles. */
  function follow(alias: Alias, path: Path, fallback: Place): Node {
    const place = at(alias.range?.[0] ?? 0);
    const node = anchors.get(alias.source);
    if (node === undefined) {
      complain(place, path, `*${alias.source}`, `an anchor &${alias.source} before it`);
      return nothing(fallback);
    }
    total += sizes.get(node) ?? 1;
    if (total <= MOST_NODES) return node;
    complain(place, path, "too many aliases of aliases", `at most ${MOST_NODES} values in all`);
    return nothing(fallback);
  }

  return build;
}

const nothing = (place: Place): ScalarNode => ({ kind: "scalar", text: "", style: "plain", place });

function buildScalar(ast: Scalar, place: Place): ScalarNode {
  const text = ast.source ?? "";
  if (ast.type === Scalar.BLOCK_LITERAL || ast.type === Scalar.BLOCK_FOLDED) {
    return { kind: "scalar", text, style: "block", place };
  }
  // `!!str yes` asks for a text as clearly as quotes do.
  const plain = ast.type === Scalar.PLAIN && ast.tag === undefined;
  return { kind: "scalar", text, style: plain ? "plain" : "quoted", place };
}
