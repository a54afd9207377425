import { REDACTED } from "../../core/secret.ts";
import { truncateWithDots } from "../../core/truncate.ts";
import type { Findings } from "./convert.ts";
import { redactUrl } from "./redact.ts";
import { isNothing, lookup, type Node, type Path, type Place, pathText } from "./tree.ts";

/** One mistake in the configuration. */
export interface Problem {
  /** `exporter.yml:12:7`, only `exporter.yml` if it concerns the whole file, or the name of an environment variable. */
  readonly place: string;
  /** `modules.chat.timeout`; empty if the place says it all. */
  readonly path: string;
  /** The value found, abbreviated; never a secret. */
  readonly got: string;
  readonly want: string;
}

/** The configuration cannot be used. The message has one line per problem, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];
  /** Hints that may explain the problems, such as a misspelt variable: one sentence each. */
  readonly hints: readonly string[];

  constructor(
    problems: readonly Problem[],
    { hints = [], ...options }: ErrorOptions & { readonly hints?: readonly string[] } = {},
  ) {
    super(problems.map(problemText).join("\n"), options);
    this.problems = problems;
    this.hints = hints;
  }
}

const problemText = ({ place, path, got, want }: Problem): string =>
  `${place}: ${path === "" ? "" : `${path}: `}got ${got}, want ${want}`;

/** A problem whose place is still to be looked up. */
export interface UnplacedProblem {
  readonly path: Path;
  readonly want: string;
  /** The value found, unless the value at `path` is to be shown. */
  readonly got?: string;
  /** True if the key is wrong rather than its value. */
  readonly aboutKey?: boolean;
  /** Worded by a prober, which may quote a secret: both texts are redacted. */
  readonly fromProber?: boolean;
}

/** Collects problems and warnings, so that all of them are reported at once. */
export interface Problems {
  add(problem: UnplacedProblem): void;
  /** Adds a problem that has no node in the tree. */
  addAt(place: Place, path: Path, got: string, want: string): void;
  warn(path: Path, text: string): void;
  /** Returns true if there is a problem at or below `path`. */
  isBroken(path: Path): boolean;
  /** Returns the paths of all problems. */
  paths(): readonly Path[];
  /** Returns the warnings in the order in which they were added, each once. */
  warnings(): readonly string[];
  /** @throws ConfigError with these hints if there is any problem */
  throwIfAny(hints?: readonly string[]): void;
}

/**
 * @param name shown as the file; any text for the environment, where variables are the places
 * @param root the tree that paths are looked up in; without one every problem concerns the whole file
 * @param variableAt returns the environment variable of a value, which is the place of one that is missing
 */
export function createProblems(
  name: string,
  root: Node | undefined,
  findings: Findings,
  variableAt?: (path: Path) => string | undefined,
): Problems {
  const problems: { readonly problem: Problem; readonly place: Place | undefined; readonly at: Path }[] = [];
  const warnings: string[] = [];
  const written = (path: Path): Path => (root === undefined ? path : asWritten(root, path, findings));
  const add = (place: Place | undefined, at: Path, got: string, want: string): void => {
    const path = place !== undefined && "variable" in place ? "" : pathText(written(at));
    problems.push({ problem: { place: placeText(name, place), path, got, want }, place, at });
  };
  return {
    add({ path, want, got, aboutKey = false, fromProber = false }) {
      const node = root === undefined ? undefined : lookup(root, written(path))?.node;
      if (node !== undefined && findings.unresolved.has(node)) return;
      const missing = node === undefined ? variableAt?.(path) : undefined;
      const parent = root === undefined ? undefined : placeOf(root, written(path), aboutKey);
      const place = missing === undefined ? parent : { variable: missing };
      if (!fromProber) return add(place, path, got ?? showNode(node, findings), want);
      const hidden = node !== undefined && isHidden(node, findings);
      const safe = hidden || got === undefined ? showNode(node, findings) : withoutSecrets(got, findings);
      add(place, path, safe, withoutSecrets(want, findings));
    },
    addAt: add,
    warn(path, text) {
      const place = root === undefined ? undefined : placeOf(root, written(path), false);
      const shown = place !== undefined && "variable" in place ? "" : pathText(written(path));
      const start = [placeText(name, place), shown].filter((part) => part !== "").join(": ");
      warnings.push(`${start}: ${withoutSecrets(text, findings)}`);
    },
    isBroken: (path) => problems.some(({ at }) => path.every((step, i) => at[i] === step)),
    paths: () => problems.map(({ at }) => at),
    warnings: () => [...new Set(warnings)],
    throwIfAny(hints = []) {
      if (problems.length === 0) return;
      const sorted = problems.toSorted((a, b) => comparePlaces(a.place, b.place));
      const unique = new Map(sorted.map(({ problem }) => [problemText(problem), problem]));
      throw new ConfigError([...unique.values()], { hints });
    },
  };
}

function placeText(name: string, place: Place | undefined): string {
  if (place === undefined) return name;
  return "variable" in place ? place.variable : `${name}:${place.line}:${place.column}`;
}

function comparePlaces(a: Place | undefined, b: Place | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
  if ("variable" in a || "variable" in b) return 0;
  return a.line - b.line || a.column - b.column;
}

/** Returns the path of a converted value in the tree, whose lists may have more items. */
function asWritten(root: Node, path: Path, { keptItems }: Findings): Path {
  if (keptItems.size === 0) return path;
  const steps: (string | number)[] = [];
  for (const step of path) {
    const around = lookup(root, steps)?.node;
    const kept = around?.kind === "list" ? keptItems.get(around) : undefined;
    steps.push(kept?.[Number(step)] ?? step);
  }
  return steps;
}

/**
 * Returns the place to show: that of a scalar, but the key of a list or map, which start on a later line. If there is
 * nothing at `path`, the nearest existing parent counts.
 */
function placeOf(root: Node, path: Path, aboutKey: boolean): Place {
  for (let length = path.length; length > 0; length--) {
    const found = lookup(root, path.slice(0, length));
    if (found === undefined) continue;
    const atValue = found.node.kind === "scalar" && !(aboutKey && length === path.length);
    return atValue ? found.node.place : (found.key ?? found.node.place);
  }
  return root.place;
}

/** Longest value shown, in characters. */
const LONGEST_SHOWN = 60;

const shorten = (text: string): string => truncateWithDots(redactUrl(text), LONGEST_SHOWN);

/** A number, a duration or a boolean: readable without quotes. */
const BARE = /^(?:[-+]?[0-9][\w.]*|true|false|yes|no|on|off)$/i;

function showNode(node: Node | undefined, findings: Findings): string {
  if (node === undefined || isNothing(node)) return "nothing";
  if (node.kind === "list") return "a list";
  if (node.kind === "map") return "a map";
  if (isHidden(node, findings)) return REDACTED;
  return node.style === "plain" && BARE.test(node.text)
    ? shorten(node.text)
    : JSON.stringify(shorten(node.text));
}

const isHidden = (node: Node, { secrets, substituted }: Findings): boolean =>
  secrets.has(node) || substituted.has(node);

/** Shortest secret that is searched for; shorter ones would be found in ordinary words. */
const SHORTEST_SECRET = 6;

/** Replaces every secret value in a text that was worded elsewhere. */
function withoutSecrets(text: string, { hiddenValues }: Findings): string {
  return [...hiddenValues]
    .filter((value) => value.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length)
    .reduce((safe, value) => safe.replaceAll(value, REDACTED), redactUrl(text));
}
