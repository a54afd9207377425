import { type RawHeaders, valuesOf } from "../http-headers.ts";
import { compileRegexp, type Regexp } from "../regexp.ts";
import type { HttpOptions } from "./schema.ts";

/** An expression over the body. */
export interface BodyRule {
  readonly regexp: Regexp;
  /** Returns the mismatch, or `undefined`. */
  judge(body: string): string | undefined;
}

/** Judges the headers of a response. Returns the mismatch, or `undefined`. */
export type HeaderRule = (headers: RawHeaders) => string | undefined;

/** The consequence of a rule: the probe fails, or its target is degraded. The prefix of the rule's options. */
export type Consequence = "fail" | "degraded";

/** Compiles the expressions over the body. */
export function compileBodyRules(
  options: Pick<HttpOptions, `${Consequence}_if_body_${"matches" | "not_matches"}_regexp`>,
  consequence: Consequence,
): readonly BodyRule[] {
  const rule = (source: string, objectsToMatch: boolean): BodyRule => {
    const regexp = compileRegexp(source);
    const verb = objectsToMatch ? "matches" : "does not match";
    return {
      regexp,
      judge: (body) => (regexp.matches(body) === objectsToMatch ? `the body ${verb} ${source}` : undefined),
    };
  };
  return [
    ...(options[`${consequence}_if_body_matches_regexp`] ?? []).map((source) => rule(source, true)),
    ...(options[`${consequence}_if_body_not_matches_regexp`] ?? []).map((source) => rule(source, false)),
  ];
}

type HeaderOptions = NonNullable<HttpOptions["fail_if_header_matches"]>[number];

/** Compiles the expressions over headers. Both kinds object to a missing header, unless `allow_missing` is set. */
export function compileHeaderRules(options: HttpOptions, consequence: Consequence): readonly HeaderRule[] {
  const rule = (
    { header, regexp: source, allow_missing }: HeaderOptions,
    verdict: (regexp: Regexp, values: readonly string[]) => boolean,
    verb: string,
  ): HeaderRule => {
    const regexp = compileRegexp(source);
    const name = header.toLowerCase();
    return (headers) => {
      const values = valuesOf(headers, name);
      if (values.length === 0)
        return allow_missing === true ? undefined : `the response has no header ${header}`;
      return verdict(regexp, values) ? `the header ${header} ${verb} ${source}` : undefined;
    };
  };
  return [
    ...(options[`${consequence}_if_header_matches`] ?? []).map((each) =>
      rule(each, (regexp, values) => values.some((value) => regexp.matches(value)), "matches"),
    ),
    ...(options[`${consequence}_if_header_not_matches`] ?? []).map((each) =>
      rule(each, (regexp, values) => !values.some((value) => regexp.matches(value)), "does not match"),
    ),
  ];
}

/** The accepted status codes. */
export interface StatusRule {
  /** The accepted codes, for messages. */
  readonly text: string;
  accepts(code: number): boolean;
}

/** The forms of an entry of `valid_status_codes`, for error texts. */
export const STATUS_FORM = "a status code, a class such as 2xx, a range such as 200-399, or any";

const SUCCESS: StatusRule = { text: "2xx", accepts: (code) => code >= 200 && code < 300 };

/**
 * Compiles `valid_status_codes`: codes, classes, ranges and `any`. An empty list means 2xx.
 * @param refuse called with the index of each invalid entry
 */
export function compileStatusRule(
  entries: readonly (number | string)[],
  refuse: (index: number, got: string) => void,
): StatusRule {
  if (entries.length === 0) return SUCCESS;
  const ranges = entries.map((entry, i) => {
    const range = parseRange(String(entry));
    if (range === undefined) refuse(i, String(entry));
    return range ?? ([0, -1] as const);
  });
  return {
    text: entries.join(", "),
    accepts: (code) => ranges.some(([first, last]) => code >= first && code <= last),
  };
}

function parseRange(text: string): readonly [first: number, last: number] | undefined {
  if (text === "any") return [0, Number.POSITIVE_INFINITY];
  const hundreds = /^([1-9])[xX]{2}$/.exec(text);
  if (hundreds !== null) return [Number(hundreds[1]) * 100, Number(hundreds[1]) * 100 + 99];
  const range = /^(\d{1,3})(?:\s*-\s*(\d{1,3}))?$/.exec(text);
  if (range === null) return undefined;
  const first = Number(range[1]);
  const last = range[2] === undefined ? first : Number(range[2]);
  return first <= last ? [first, last] : undefined;
}
