import { metrics } from "../../src/catalogue/index.ts";
import type { Emitter } from "../../src/core/metric.ts";
import { FAILURE_REASONS } from "../../src/core/reasons.ts";

const SECTIONS: readonly (readonly [Emitter, string, string])[] = [
  ["probe", "Every result", "On `/probe`; on `/metrics` with the labels `target` and `module`."],
  [
    "http",
    "Prober http",
    "The names of blackbox_exporter. On `/probe`; on `/metrics` with `target` and `module`.",
  ],
  ["llm", "Prober llm", "Facts of one probe. On `/probe`; on `/metrics` with `target` and `module`."],
  [
    "heartbeat",
    "Heartbeats",
    "Of everything that reports by itself, on `/metrics`. What a probe hears, of a log or a lease, has its first three on `/probe` too, and on `/metrics` also the labels `target` and `module`. Fields of log heartbeats that are not in this list have series of their own, see heartbeat-logs.md.",
  ],
  ["state", "Memory and configuration of targets", "Per configured target, on `/metrics`."],
  [
    "group",
    "Groups and components",
    "On `/metrics`, of groups in the configuration and of components that reported themselves.",
  ],
  ["notify", "Relays, actions and maintenance", "On `/metrics`, where they are configured."],
  [
    "exporter",
    "The exporter itself",
    "On `/metrics`. Beside them stand `process_*` and `nodejs_*` of prom-client.",
  ],
];

/** `docs/metrics.md`: the catalogue as a page. */
export function metricsPage(): string {
  const sections = SECTIONS.map(([emitter, title, where]) => {
    const rows = metrics
      .filter((metric) => metric.emitter === emitter)
      .map(
        ({ name, type, labels, help }) =>
          `| \`${name}\` | ${type} | ${labels.map((l) => `\`${l}\``).join(", ")} | ${help} |`,
      );
    return `## ${title}\n\n${where}\n\n| name | type | labels | meaning |\n|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `# Metrics

Generated from \`src/catalogue/index.ts\` by \`npm run generate\`; edit there.

A series exists only when there is a value: there are no false zeros. Times are in seconds, points in time are Unix
timestamps. Labels are bounded: texts of errors and answers are in the log and in \`debug=true\`, never in a label.

${sections.join("\n")}
## Failure reasons

The values of \`reason\`: ${FAILURE_REASONS.map((reason) => `\`${reason}\``).join(", ")}.
`;
}
