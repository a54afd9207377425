import { excerpt } from "../../core/excerpt.ts";
import { compileRegexp, type Regexp } from "../regexp.ts";
import type { DnsOptions } from "./schema.ts";
import type { ResourceRecord } from "./wire/records.ts";

type RuleOptions = NonNullable<DnsOptions["validate_answer_rrs"]>;

/** Compiled rules for the records of one section. */
export interface SectionRules {
  /** True if there is at least one rule. */
  readonly any: boolean;
  /** Judges the records of the section. Returns the mismatch, or `undefined`. */
  mismatch(records: readonly ResourceRecord[]): string | undefined;
}

/** Compiles rules. They are applied in blackbox_exporter's order: record by record, and to all of them at the end. */
export function compileRules(options: RuleOptions = {}): SectionRules {
  const compile = (sources: readonly string[] = []): readonly Regexp[] => sources.map(compileRegexp);
  const never = compile(options.fail_if_matches_regexp);
  const unanimous = compile(options.fail_if_all_match_regexp);
  const always = compile(options.fail_if_not_matches_regexp);
  const sometimes = compile(options.fail_if_none_matches_regexp);
  const demands = [...always, ...sometimes];

  const mismatchOf = ({ text }: ResourceRecord): string | undefined => {
    const unwanted = never.find((regexp) => regexp.matches(text));
    if (unwanted !== undefined) return `${excerpt(text)} matches ${unwanted.source}`;
    const missed = always.find((regexp) => !regexp.matches(text));
    return missed === undefined ? undefined : `${excerpt(text)} does not match ${missed.source}`;
  };
  return {
    any: never.length + unanimous.length + demands.length > 0,
    mismatch(records) {
      const [demand] = demands;
      if (records.length === 0 && demand !== undefined) return `no record to match ${demand.source}`;
      for (const record of records) {
        const mismatch = mismatchOf(record);
        if (mismatch !== undefined) return mismatch;
      }
      for (const regexp of unanimous) {
        const other = records.find(({ text }) => !regexp.matches(text));
        if (other !== undefined) return `${excerpt(other.text)} does not match ${regexp.source}`;
      }
      const hasMatch = records.some(({ text }) => sometimes.some((regexp) => regexp.matches(text)));
      if (sometimes.length === 0 || hasMatch) return undefined;
      return `none of ${records.length} records matches ${sometimes.map(({ source }) => source).join(" or ")}`;
    },
  };
}
