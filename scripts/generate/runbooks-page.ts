import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

interface Rule {
  readonly alert?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const RULES = new URL("../../rules/", import.meta.url);

/** Generates `docs/runbooks.md`, which lists the alerts of each rule file with their runbooks. */
export function runbooksPage(): string {
  const files = readdirSync(RULES).filter((name) => name.endsWith(".rules.yml"));
  const sections = files.toSorted().map(section);
  return `# Runbooks

Generated from the rules by \`npm run generate\`; edit \`rules/\` instead.

Each alert has a runbook: what it means, what it affects, how to find the cause, and what to do. A running exporter shows them at
\`/runbooks/\`, and alerts link to them. [alerting.md](alerting.md) says how to load the rules.
${sections.join("")}`;
}

function section(file: string): string {
  const text = readFileSync(new URL(file, RULES), "utf8");
  const { groups } = parse(text) as { groups: readonly { rules: readonly Rule[] }[] };
  const rows = groups.flatMap((group) => group.rules).flatMap(row);
  if (rows.length === 0) return "";
  return `\n## ${file}\n\n| alert | severity | when |\n|---|---|---|\n${rows.join("")}`;
}

const row = ({ alert, labels, annotations }: Rule): readonly string[] =>
  alert === undefined
    ? []
    : [
        `| [${alert}](runbooks/${alert}.md) | ${labels?.["severity"] ?? ""} | ${annotations?.["summary"] ?? ""} |\n`,
      ];
