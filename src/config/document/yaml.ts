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

/** A mistake in the YAML itself. */
export interface YamlProblem {
  readonly place: Place;
  readonly path: Path;
  readonly got: string;
  readonly want: string;
}

/** The result of parsing: a tree unless the syntax is broken or the text is empty, and what is wrong with the YAML. */
export interface ParsedYaml {
  readonly root: Node | undefined;
  readonly problems: readonly YamlProblem[];
}

/** Most values of a file, aliases followed: far more than a real file has, and reached at once by nested aliases. */
const MOST_NODES = 100_000;

const WANT_ONE_DOCUMENT = "one YAML document in the file";
const NON_STRING_KEY = ["a key that is not text", "text as the key"] as const;

/** Error texts by the parser's codes. The parser's own messages may quote the text, which may be a secret. */
const SYNTAX: Partial<Record<YAMLError["code"], readonly [got: string, want: string]>> = {
  ALIAS_PROPS: ["an alias with an anchor or a tag", "the alias alone"],
  BAD_DQ_ESCAPE: [
    "an unknown escape in double quotes",
    "a known one (\\\\ for a backslash), or single quotes",
  ],
  BAD_INDENT: [
    "wrong indentation or an unclosed bracket",
    "the same indentation for all keys of a map, and closed brackets",
  ],
  BAD_SCALAR_START: ["text that starts with a reserved character", "the text in quotes"],
  BLOCK_AS_IMPLICIT_KEY: ["a second key on one line", "one key per line, or the text in quotes"],
  BLOCK_IN_FLOW: ["a block inside brackets", "no block inside [] and {}"],
  MISSING_CHAR: [
    "an unfinished text, list or map",
    "the closing quote or bracket, or the missing colon or comma",
  ],
  MULTILINE_IMPLICIT_KEY: ["a key on several lines", "key: value"],
  MULTIPLE_DOCS: ["a second document", WANT_ONE_DOCUMENT],
  NON_STRING_KEY,
  TAB_AS_INDENT: ["a tab", "spaces for indentation"],
  TAG_RESOLVE_FAILED: ["an unknown tag", "no tag"],
  UNEXPECTED_TOKEN: ["an unexpected character", "valid YAML"],
};

/** Matches documents without content, such as the one after a `---` at the end of a file. */
const EMPTY_DOCUMENTS = /^(?:(?:---|\.\.\.)?[ \t]*(?:#.*)?(?:\r?\n|\r|$))*$/;

const TAGS = new Set(["tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"]);

/**
 * Parses YAML 1.2, with the merge keys (`<<`) of YAML 1.1 because Go's parsers support them. Every scalar stays text: its
 * type depends on the schema.
 */
export function parseYaml(text: string): ParsedYaml {
  const problems: YamlProblem[] = [];
  const report: TreeBuild["report"] = (place, path, got, want) => problems.push({ place, path, got, want });
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: "failsafe",
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    // With "silent" a second document would not be reported.
    logLevel: "error",
  });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const errors = [...document.errors, ...document.warnings].filter(
    ({ code, pos }) => code !== "MULTIPLE_DOCS" || !EMPTY_DOCUMENTS.test(text.slice(pos[0])),
  );
  for (const error of errors) {
    const [got, want] = SYNTAX[error.code] ?? ["broken YAML", "valid YAML"];
    report(at(error.pos[0]), [], got, want);
  }
  const { contents } = document;
  const isEmpty = contents === null || (isScalar(contents) && contents.source === "");
  if (errors.length > 0 || isEmpty) return { root: undefined, problems };
  const build: TreeBuild = { at, report, anchors: new Map(), sizes: new WeakMap(), total: 0 };
  return { root: buildNode(contents, [], at(0), build), problems };
}

/** The state of building one tree. */
interface TreeBuild {
  readonly at: (offset: number) => Place;
  readonly report: (place: Place, path: Path, got: string, want: string) => void;
  readonly anchors: Map<string, Node>;
  /** Number of values in a node, aliases followed. */
  readonly sizes: WeakMap<Node, number>;
  total: number;
}

/** @param fallback the place of a value that was left empty */
function buildNode(ast: unknown, path: Path, fallback: Place, build: TreeBuild): Node {
  if (isAlias(ast)) return followAlias(ast, path, fallback, build);
  const before = build.total;
  const node = buildOwnNode(ast, path, fallback, build);
  build.total += 1;
  build.sizes.set(node, build.total - before);
  if ((isScalar(ast) || isMap(ast) || isSeq(ast)) && ast.anchor !== undefined)
    build.anchors.set(ast.anchor, node);
  return node;
}

function buildOwnNode(ast: unknown, path: Path, fallback: Place, build: TreeBuild): Node {
  if (!isScalar(ast) && !isMap(ast) && !isSeq(ast)) return nothing(fallback);
  const place = build.at(ast.range?.[0] ?? 0);
  if (ast.tag !== undefined && !TAGS.has(ast.tag)) build.report(place, path, "a tag", "no tag");
  if (isMap(ast)) return { kind: "map", entries: buildEntries(ast, path, place, build), place };
  if (isSeq(ast)) {
    const items = ast.items.map((item, i) => buildNode(item, [...path, i], place, build));
    return { kind: "list", items, place };
  }
  return buildScalar(ast, ast.source === "" && ast.type === Scalar.PLAIN ? fallback : place);
}

function buildEntries(map: YAMLMap, path: Path, place: Place, build: TreeBuild): ReadonlyMap<string, Entry> {
  const seen = new Set<string>();
  const entries = new Map<string, Entry>();
  for (const { key, value } of map.items) {
    if (!isScalar(key)) {
      build.report(place, path, ...NON_STRING_KEY);
      continue;
    }
    const name = key.source ?? "";
    const keyPlace = build.at(key.range?.[0] ?? 0);
    const here = [...path, name];
    if (seen.has(name)) build.report(keyPlace, here, "a duplicate key", "each key once");
    const node = buildNode(value, here, keyPlace, build);
    if (name === "<<" && key.type === Scalar.PLAIN) mergeInto(entries, node, path, build);
    else entries.set(name, { place: keyPlace, value: node });
    seen.add(name);
  }
  return entries;
}

/** Adds the keys that are missing: keys written in the map win, then those of the first of several merged maps. */
function mergeInto(entries: Map<string, Entry>, from: Node, path: Path, { report }: TreeBuild): void {
  for (const map of from.kind === "list" ? from.items : [from]) {
    if (map.kind !== "map") {
      report(map.place, [...path, "<<"], "another value", "a map or a list of maps to merge");
      continue;
    }
    for (const [name, entry] of map.entries) if (!entries.has(name)) entries.set(name, entry);
  }
}

/** An anchor is registered after its node is complete, so an alias inside of that node cannot form a cycle. */
function followAlias(alias: Alias, path: Path, fallback: Place, build: TreeBuild): Node {
  const place = build.at(alias.range?.[0] ?? 0);
  const node = build.anchors.get(alias.source);
  if (node === undefined) {
    build.report(place, path, `*${alias.source}`, `an anchor &${alias.source} before it`);
    return nothing(fallback);
  }
  build.total += build.sizes.get(node) ?? 1;
  if (build.total <= MOST_NODES) return node;
  build.report(place, path, "too many aliases of aliases", `at most ${MOST_NODES} values in all`);
  return nothing(fallback);
}

const nothing = (place: Place): ScalarNode => ({ kind: "scalar", text: "", style: "plain", place });

function buildScalar(ast: Scalar, place: Place): ScalarNode {
  const text = ast.source ?? "";
  if (ast.type === Scalar.BLOCK_LITERAL || ast.type === Scalar.BLOCK_FOLDED) {
    return { kind: "scalar", text, style: "block", place };
  }
  // `!!str yes` asks for text as quotes do.
  const plain = ast.type === Scalar.PLAIN && ast.tag === undefined;
  return { kind: "scalar", text, style: plain ? "plain" : "quoted", place };
}
