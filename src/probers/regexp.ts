import { RE2JS } from "re2js";

/** An RE2 regular expression, as in Prometheus and blackbox_exporter. It runs in linear time, so it cannot block the exporter. */
export interface Regexp {
  readonly source: string;
  /** Names of the named groups, `(?P<name>...)`. */
  readonly groupNames: readonly string[];
  /** Numbers of the named groups. */
  readonly groupNumbers: Readonly<Record<string, number>>;
  /** Length of the compiled program. Each character of a text takes at most so many steps. */
  readonly instructions: number;
  /** Returns true if the expression matches anywhere in `text`. */
  matches(text: string): boolean;
  /** Returns the first match in bytes, or `undefined`. As in Go, a byte that is not part of a UTF-8 character counts as U+FFFD. */
  find(bytes: Buffer): BytesMatch | undefined;
  /** Returns the text of each named group in the first match, without groups that did not take part; `undefined` without a match. */
  groups(text: string): Readonly<Record<string, string>> | undefined;
}

/** A match of an expression in bytes. */
export interface BytesMatch {
  /** Places of the groups in the bytes by number, `null` for one that did not take part. */
  readonly places: readonly GroupPlace[];
  /** Returns the bytes of a group by its number or name; `undefined` if there is none, or it did not take part. Group 0 is the whole match. */
  group(which: number | string): Buffer | undefined;
}

/** Place of a group in bytes: its first byte, and the one after its last. `null` if it did not take part. */
export type GroupPlace = readonly [start: number, end: number] | null;

/** Makes a match of `expression` in `bytes` from the places of its groups. */
export const matchAt = (
  { groupNumbers }: Pick<Regexp, "groupNumbers">,
  bytes: Buffer,
  places: readonly GroupPlace[],
): BytesMatch => ({
  places,
  group(which) {
    const number =
      typeof which === "number"
        ? which
        : Object.hasOwn(groupNumbers, which)
          ? groupNumbers[which]
          : undefined;
    const place = number === undefined ? undefined : places[number];
    return place === undefined || place === null ? undefined : bytes.subarray(...place);
  },
});

/** Returns an expression that matches exactly `text`. */
export const quoteRegexp = (text: string): string => RE2JS.quote(text);

/**
 * Compiles `source`, in RE2 syntax: no look-around, no back-references.
 * @throws Error with the syntax error
 */
export function compileRegexp(source: string): Regexp {
  const compiled = RE2JS.compile(source);
  const groupNumbers: Readonly<Record<string, number>> = compiled.namedGroups();
  const groupNames = Object.keys(groupNumbers);
  return {
    source,
    groupNames,
    groupNumbers,
    instructions: compiled.programSize(),
    matches: (text) => compiled.test(text),
    find(bytes) {
      const matcher = compiled.matcher(bytes);
      if (!matcher.find()) return undefined;
      const places = Array.from({ length: matcher.groupCount() + 1 }, (_, number): GroupPlace => {
        const start = matcher.start(number);
        return start < 0 ? null : [start, matcher.end(number)];
      });
      return matchAt({ groupNumbers }, bytes, places);
    },
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
