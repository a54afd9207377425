import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse, stringify } from "yaml";
import type { Rule } from "../../scripts/generate/grafana-alerting.ts";
import { parseDuration } from "../../src/core/units.ts";
import { ruleFiles } from "./rules.ts";

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly interval?: string;
    readonly rules: readonly Rule[];
  }[];
}

/** Returns the shipped rules by file, with every duration divided by `factor` and nothing else changed. */
export function scaledRules(factor: number): Readonly<Record<string, string>> {
  const shorter = (text: string): string =>
    `${Math.max(1, Math.round((parseDuration(text) ?? Number.NaN) / factor))}s`;
  const scaled = (rule: Rule): Rule => ({
    ...rule,
    expr: rule.expr
      .replace(
        /\[([^\]:]+)(:?)([^\]]*)\]/g,
        (_, range: string, colon: string, step: string) =>
          `[${shorter(range)}${colon}${step === "" ? "" : shorter(step)}]`,
      )
      .replace(/\boffset (\w+)/g, (_, by: string) => `offset ${shorter(by)}`),
    ...(rule.for === undefined ? {} : { for: shorter(rule.for) }),
    ...(rule.keep_firing_for === undefined ? {} : { keep_firing_for: shorter(rule.keep_firing_for) }),
  });
  return Object.fromEntries(
    ruleFiles.map((file) => {
      const { groups } = parse(readFileSync(file, "utf8")) as RuleFile;
      const shortened = groups.map(({ interval, rules, ...group }) => ({
        ...group,
        ...(interval === undefined ? {} : { interval: shorter(interval) }),
        rules: rules.map(scaled),
      }));
      return [basename(file), stringify({ groups: shortened })];
    }),
  );
}
