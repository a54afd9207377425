import { RE2JS } from "re2js";

/** An RE2 regular expression, as in Prometheus and blackbox_exporter. It runs in linear time, so it cannot block the exporter. */
export interface Regexp {
  readonly source: string;
  /** Names of the named groups, `(?P<name>...)`. */
  readonly groupNames: readonly string[];
  /** Returns true if the expression matches anywhere in `text`. */
  matches(text: string): boolean;
  /** Returns the text of each named group in the first match, without groups that did not take part; `undefined` without a match. */
  groups(text: string): Readonly<Record<string, string>> | undefined;
}

/** Returns an expression that matches exactly `text`. */
export const quoteRegexp = (text: string): string => RE2JS.quote(text);

/**
 * Compiles `source`, in RE2 syntax: no look-around, no back-references.
 * @throws Error with the syntax error
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
      const texts = groupNames.map((name) => [name, matcher.group(name)] as const);
      return Object.fromEntries(
        texts.filter((entry): entry is readonly [string, string] => entry[1] !== null),
      );
    },
  };
}
