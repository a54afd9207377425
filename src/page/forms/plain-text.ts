import { visible } from "../../core/escape.ts";
import { truncateWithDots } from "../../core/truncate.ts";
import { type Timestamp, timestamp } from "../../core/units.ts";
import type { Overview, OverviewItem, RouteChain } from "../model/overview.ts";
import type { PublicView } from "../model/public-view.ts";
import type { JsonTime } from "../model/words.ts";
import { wordOf } from "../summary.ts";
import { ago } from "../text.ts";
import { duration, percent } from "./badge.ts";

/** Longest cells of a table, in UTF-16 code units. */
const LONGEST_CELL = 60;

/** Renders the overview as a table for terminals, the worst first. No text of a target can move the cursor. */
export function overviewText(overview: Overview): string {
  const now = timeOf(overview.generated_at);
  const rows = overview.items.map((item) => [
    `${wordOf(item.status)}${item.maintenance ? " (maintenance)" : ""}`,
    item.name,
    item.target?.prober ?? item.heartbeat?.kind ?? item.kind,
    item.since === null ? "-" : ago(timeOf(item.since), now),
    latencyOf(item),
    whyOf(item),
  ]);
  const table = tableOf(["STATUS", "NAME", "KIND", "SINCE", "LATENCY", "WHY"], rows);
  const shown = overview.offset + overview.items.length;
  const left = overview.total - shown;
  const more = left > 0 ? `and ${left} more: ?offset=${shown}&limit=${overview.limit}\n` : "";
  const routes = overview.offset === 0 ? overview.routes.map(routeLine).join("") : "";
  return `${line(overview.summary)}\n\n${routes === "" ? "" : `${routes}\n`}${table}${more}`;
}

/** Returns a route as a chain, with the member in use in brackets: `route chat: openai (auth) > [ollama]`. */
function routeLine({ name, use, members }: RouteChain): string {
  const chain = members.map((member) => {
    const text = member.name === use ? `[${member.name}]` : member.name;
    return member.usable || member.reason === null ? text : `${text} (${member.reason})`;
  });
  return `${line(`route ${name}: ${chain.join(" > ")}`)}\n`;
}

const latencyOf = ({ target }: OverviewItem): string =>
  target === undefined || target.last_duration === null ? "-" : duration(target.last_duration);

function whyOf({ reason, detail, blocked_by: blockedBy, target }: OverviewItem): string {
  if (blockedBy !== undefined) return `because ${blockedBy} is down`;
  const why = [reason, detail].filter((part) => part !== null).join(": ");
  const fallback = target?.mode === "fallback" ? "in fallback" : "";
  return [why, fallback].filter((part) => part !== "").join(", ");
}

/** Renders a public view for terminals. */
export function publicViewText({ title, announcement, summary, groups }: PublicView): string {
  const parts = groups.map(({ name, status, items }) => {
    const rows = items.map((item) => [
      `  ${wordOf(item.status)}${item.maintenance ? " (maintenance)" : ""}`,
      item.name,
      item.uptime["90d"] === null ? "-" : percent(item.uptime["90d"]),
      item.reason ?? "",
    ]);
    return `\n${line(name ?? "Other")}: ${wordOf(status)}\n${tableOf(["  STATUS", "NAME", "UPTIME 90D", ""], rows)}`;
  });
  const said = announcement === null ? "" : `${line(announcement)}\n`;
  return `${line(title)}\n${said}${line(summary)}\n${parts.join("")}`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows.map((row) => row.map((cell) => truncateWithDots(line(cell), LONGEST_CELL)))];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => lengthOf(row[i] ?? ""))));
  return cells
    .map((row) =>
      row
        .map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - lengthOf(cell)))
        .join("  ")
        .trimEnd(),
    )
    .map((row) => `${row}\n`)
    .join("");
}

const lengthOf = (text: string): number => Array.from(text).length;
const line = (text: string): string => visible(text);
const timeOf = (at: JsonTime): Timestamp => timestamp(Date.parse(at) / 1000);
