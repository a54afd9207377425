import { RE2JS } from "re2js";

/** A regular expression of RE2, as in Prometheus and blackbox_exporter: linear in its input, so none can hang a probe. */
export interface Regexp {
  readonly source: string;
  /** Names of the groups that have one: `(?P<name>...)`. */
  readonly groupNames: readonly string[];
  /** Whether the expression matches anywhere in `text`. */
  matches(text: string): boolean;
  /** What the named groups caught in the first match; those that took no part are left out. `undefined` without a match. */
  groups(text: string): Readonly<Record<string, string>> | undefined;
}

/**
 * Compiles `source` with RE2 syntax (no look-around, no back-references).
 * @throws Error saying what is wrong with the expression
 */
export function compileRegexp(source: string): Regexp {
  const compiled = RE2JS.compile(source);
  const groupNames = Object.keys(compiled.namedGroups());
  return {
    source,
    groupNames,
    matches: (text) => compiled.test(text),
    groups(text) {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return undefined;
      const caught = groupNames.map((name) => [name, matcher.group(name)] as const);
      return Object.fromEntries(
        caught.filter((entry): entry is readonly [string, string] => entry[1] !== null),
      );
    },
  };
}
