import { compileRegexp, type Regexp } from "../regexp.ts";
import { type RawHeaders, valuesOf } from "./headers.ts";
import type { HttpOptions } from "./schema.ts";

/** Judges a body: gives what is wrong with it, or `undefined`. */
export type BodyRule = (body: string) => string | undefined;

/** Judges the headers of a response likewise. */
export type HeaderRule = (headers: RawHeaders) => string | undefined;

/** Compiles the expressions about the body. */
export function compileBodyRules(options: HttpOptions): readonly BodyRule[] {
  const rule = (source: string, failsOnMatch: boolean): BodyRule => {
    const regexp = compileRegexp(source);
    const verb = failsOnMatch ? "matches" : "does not match";
    return (body) => (regexp.matches(body) === failsOnMatch ? `the body ${verb} ${source}` : undefined);
  };
  return [
    ...(options.fail_if_body_matches_regexp ?? []).map((source) => rule(source, true)),
    ...(options.fail_if_body_not_matches_regexp ?? []).map((source) => rule(source, false)),
  ];
}

type HeaderOptions = NonNullable<HttpOptions["fail_if_header_matches"]>[number];

/** Compiles the expressions about headers. A header that is missing fails both kinds, unless that is allowed. */
export function compileHeaderRules(options: HttpOptions): readonly HeaderRule[] {
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
    ...(options.fail_if_header_matches ?? []).map((each) =>
      rule(each, (regexp, values) => values.some((value) => regexp.matches(value)), "matches"),
    ),
    ...(options.fail_if_header_not_matches ?? []).map((each) =>
      rule(each, (regexp, values) => !values.some((value) => regexp.matches(value)), "does not match"),
    ),
  ];
}
