import { escapeHtml } from "../core/escape.ts";
import { rfc3339 } from "../core/units.ts";
import type { PastProbe } from "../engine/recent-probes.ts";

/** Renders recent probes as an HTML table with links to their logs. */
export const probesTable = (probes: readonly PastProbe[], routePrefix: string): string => `<table>
<tr><th>ended</th><th>target</th><th>module</th><th>result</th><th>duration</th><th></th></tr>
${probes.map((probe) => rowOf(probe, routePrefix)).join("\n")}
</table>`;

function rowOf({ target, module, result }: PastProbe, routePrefix: string): string {
  const { id, endedAt, outcome, degraded, duration } = result;
  const success = degraded === undefined ? "success" : `success, degraded: ${degraded.detail}`;
  const verdict = outcome.ok ? success : `failure: ${outcome.reason}`;
  const cells = [rfc3339(endedAt), target, module.name, verdict, `${duration.toFixed(3)} s`];
  const log = `<a href="${escapeHtml(`${routePrefix}/logs?id=${id}`)}">log</a>`;
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}<td>${log}</td></tr>`;
}
