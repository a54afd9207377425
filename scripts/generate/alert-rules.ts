import { readFileSync } from "node:fs";
import { parse } from "yaml";

interface Rule {
  readonly alert?: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The rule files whose alerts are about one subject, and the kind of subject. */
const FILES = {
  targets: "target",
  latency: "target",
  slo: "target",
  certificates: "target",
  heartbeats: "heartbeat",
  groups: "group",
} as const;

/** Words in the name of an alert that tell which subjects it can be about. */
const NEEDS: readonly (readonly [need: string, pattern: RegExp])[] = [
  ["llm", /Model|Answer|FirstToken|Gateway|RateLimited/],
  ["failover", /Fallback\b|InFallback|FallbackOverdue|ModeForced|FailoverFlapping/],
  ["certificate", /Certificate/],
  ["budget", /HeartbeatBudget/],
  ["critical", /^HeartbeatCritical/],
  ["log", /^HeartbeatLog/],
  ["lease", /^HeartbeatLease/],
];

/** Generates `src/page/alert-rules.ts` from the rules, which the running exporter does not read. */
export function alertRules(): string {
  const rules = Object.entries(FILES).flatMap(([name, kind]) => {
    const url = new URL(`../../rules/${name}.rules.yml`, import.meta.url);
    const { groups } = parse(readFileSync(url, "utf8")) as { groups: readonly { rules: readonly Rule[] }[] };
    return groups.flatMap((group) => group.rules).flatMap((rule) => entryOf(rule, kind));
  });
  return `import type { AlertFacts } from "./alert-facts.ts";

/** The alerts about subjects, generated from \`rules\` by \`npm run generate\`. */
export const ALERT_RULES: readonly AlertFacts[] = [
${rules.join("\n")}
];
`;
}

function entryOf({ alert, for: lasting, labels, annotations }: Rule, fileKind: string): readonly string[] {
  if (alert === undefined) return [];
  const kind = /Component/.test(alert) && fileKind === "group" ? "component" : fileKind;
  const found = NEEDS.find(([, pattern]) => pattern.test(alert))?.[0];
  const fields = {
    name: alert,
    kind,
    ...(found === undefined ? {} : { needs: found }),
    severity: labels?.["severity"] ?? "",
    ...(lasting === undefined ? {} : { for: lasting }),
    when: annotations?.["summary"] ?? "",
  };
  const lines = Object.entries(fields).map(([key, value]) => `    ${key}: ${JSON.stringify(value)},`);
  return [`  {\n${lines.join("\n")}\n  },`];
}
