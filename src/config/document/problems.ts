import { REDACTED } from "../../core/secret.ts";
import type { Findings } from "./convert.ts";
import { redactUrl } from "./redact.ts";
import { isNothing, lookup, type Node, type Path, type Place, pathText } from "./tree.ts";

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** `exporter.yml:12:7`, only `exporter.yml` when it is about the whole file, or the name of an environment variable. */
  readonly place: string;
  /** `modules.chat.timeout`; empty where the place says it all. */
  readonly path: string;
  /** What was found, shortly, and never a secret. */
  readonly got: string;
  readonly want: string;
}

/** The configuration cannot be used. The message has one line per problem, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(problemText).join("\n"), options);
    this.problems = problems;
  }
}

const problemText = ({ place, path, got, want }: Problem): string =>
  `${place}: ${path === "" ? "" : `${path}: `}got ${got}, want ${want}`;

/** A problem before it has a place. */
export interface UnplacedProblem {
  readonly path: Path;
  readonly want: string;
  /** What was found, where the value itself would not say it. */
  readonly got?: string;
  /** It is the key that is wrong, not its value. */
  readonly aboutKey?: boolean;
  /** Worded outside of this folder, by somebody who may quote what must not be seen. */
  readonly foreign?: boolean;
}

/** Collects everything that is wrong, so that it can be said at once. */
export interface Problems {
  problem(complaint: UnplacedProblem): void;
  /** For problems of which the place is known and the tree is not. */
  problemAt(place: Place, path: Path, got: string, want: string): void;
  warn(path: Path, text: string): void;
  /** Whether something at or below `path` is wrong. */
  isBroken(path: Path): boolean;
  /** The warnings, in the order in which they came. */
  warnings(): readonly string[];
  /** @throws ConfigError when there was any problem */
  settle(): void;
}

/**
 * @param name of the file, as it is shown; for the environment any text, because variables are places of their own
 * @param root the tree that paths are looked up in; without one every problem is about the file
 */
export function createProblems(name: string, root: Node | undefined, findings: Findings): Problems {
  const problems: { readonly problem: Problem; readonly place: Place | undefined; readonly at: Path }[] = [];
  const warnings: string[] = [];
  const add = (place: Place | undefined, at: Path, got: string, want: string): void => {
    const path = place !== undefined && "variable" in place ? "" : pathText(at);
    problems.push({ problem: { place: placeText(name, place), path, got, want }, place, at });
  };
  return {
    problem({ path, want, got, aboutKey = false, foreign = false }) {
      const written = root === undefined ? undefined : lookup(root, path);
      if (written !== undefined && findings.unresolved.has(written.node)) return;
      const place = root === undefined ? undefined : placeOf(root, path, aboutKey);
      const found = written?.node;
      if (!foreign) return add(place, path, got ?? showNode(found, findings), want);
      const hidden = found !== undefined && isHidden(found, findings);
      const safe = hidden || got === undefined ? showNode(found, findings) : withoutSecrets(got, findings);
      add(place, path, safe, withoutSecrets(want, findings));
    },
    problemAt: add,
    warn(path, text) {
      const place = root === undefined ? undefined : placeOf(root, path, false);
      const shown = place !== undefined && "variable" in place ? "" : pathText(path);
      const start = [placeText(name, place), shown].filter((part) => part !== "").join(": ");
      warnings.push(`${start}: ${withoutSecrets(text, findings)}`);
    },
    isBroken: (path) => problems.some(({ at }) => path.every((step, i) => at[i] === step)),
    warnings: () => [...new Set(warnings)],
    settle() {
      if (problems.length === 0) return;
      const sorted = problems.toSorted((a, b) => comparePlaces(a.place, b.place));
      const unique = new Map(sorted.map(({ problem }) => [problemText(problem), problem]));
      throw new ConfigError([...unique.values()]);
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

/**
 * Where to look: at the value when it is a scalar, else at its key, because a map starts on some later line. What is
 * missing is missed in the nearest thing that is there.
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

const LONGEST_SHOWN = 60;

const shorten = (text: string): string => {
  const safe = redactUrl(text);
  return safe.length > LONGEST_SHOWN ? `${safe.slice(0, LONGEST_SHOWN)}...` : safe;
};

/** A number, a duration or one of YAML's words: readable without quotes. */
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

/** Shorter values would be found in every other word. */
const SHORTEST_SECRET = 6;

/** Takes every value that must not be seen out of a text that somebody else worded. */
function withoutSecrets(text: string, { hiddenValues }: Findings): string {
  return [...hiddenValues]
    .filter((value) => value.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length)
    .reduce((safe, value) => safe.replaceAll(value, REDACTED), redactUrl(text));
}
