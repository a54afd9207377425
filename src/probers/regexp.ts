import { RE2JS } from "re2js";

/** A regular expression of RE2, as in Prometheus and blackbox_exporter: linear in its input, so none can hang a probe. */
export interface Regexp {
  readonly source: string;
  /** Whether the expression matches anywhere in `text`. */
  matches(text: string): boolean;
}

/**
 * Compiles `source` with RE2 syntax (no look-around, no back-references).
 * @throws Error saying what is wrong with the expression
 */
export function compileRegexp(source: string): Regexp {
  const compiled = RE2JS.compile(source);
  return { source, matches: (text) => compiled.test(text) };
}
