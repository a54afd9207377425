import { ofHeartbeats, withBeatFacts } from "../beats.ts";
import { knownExporters } from "../exporters.ts";
import { ROW_LINK, runbookLink, withPage } from "../links.ts";
import type { PanelBuilder } from "../panels/options.ts";
import { table } from "../panels/table.ts";
import { type Series, stateCode, union, withLabel, withLabels } from "../promql.ts";
import { GREY, STATUSES, type State } from "../states.ts";
import { lastReason, withFacts } from "../targets.ts";

/** The states of things that are wrong, by urgency. */
const WRONG: readonly State[] = [
  { name: "exporter down", code: 5, color: "red" },
  { name: "down", code: 4, color: "red" },
  { name: "unknown", code: 3, color: GREY },
  { name: "degraded", code: 2, color: "yellow" },
  { name: "all well", code: 1, color: "green" },
];

/** The labels of a row. Both queries have the same ones, so that Grafana joins them. */
const LABELS = "name, reason, note, owner, kind, runbook, page, target, heartbeat";

/** A kind of things that can be wrong. */
interface Part {
  /** Codes of {@link WRONG} of those that are wrong. */
  readonly code: string;
  /** When each of them was last well, as a Unix timestamp. Those without one never were. */
  readonly since: string;
  /** Adds the labels of a row to either expression. */
  readonly decorate: (expr: string) => string;
}

/** Builds the table of everything that is wrong, the most urgent first. */
export function wrongNow(series: Series): PanelBuilder {
  const parts = [targets(series), heartbeats(series), components(series), exporters(series)];
  const rows = (exprs: readonly string[]): string => `max by (${LABELS}) (\n${union(...exprs)}\n)`;
  return table({
    title: "What is wrong",
    description:
      "Everything that is down, unknown or degraded: why, since when, and whom it concerns. Last well: the last success, report or scrape; empty if there was none. A note tells that the cause is a dependency, or that maintenance is under way. Click a name for its details, and an alert for its runbook, which says what to do.",
    width: 21,
    height: 8,
    none: "nothing is configured",
    downColor: "red",
    rows: {
      name: { title: "What", width: 190, links: [ROW_LINK] },
      reason: { title: "Why", width: 250 },
      note: { title: "Note", width: 150 },
      owner: { title: "Owner", width: 110 },
      kind: { title: "Kind", width: 130 },
      runbook: { title: "What to do", width: 230, links: [runbookLink("runbook")] },
    },
    hidden: ["page", "target", "heartbeat"],
    order: ["State", "What", "Why", "Last well", "Owner", "Note", "What to do", "Kind"],
    sort: { column: "State", descending: true },
    columns: [
      {
        title: "State",
        unit: "none",
        width: 110,
        states: WRONG,
        expr: `${rows(parts.map(({ code, decorate }) => decorate(code)))}\nor on () ${allWell(series)}`,
      },
      {
        title: "Last well",
        unit: "dateTimeFromNow",
        width: 130,
        expr: `1000 * ${rows(parts.map(({ since, decorate }) => decorate(since)))}`,
      },
    ],
  });
}

/** Adds why something is wrong, and the alert whose runbook says what to do. */
const because = (expr: string, reason: string, runbook: string): string =>
  withLabels(expr, [
    ["reason", reason],
    ["runbook", runbook],
  ]);

/** Returns one row that tells that nothing is wrong, if something is well. */
const allWell = (series: Series): string =>
  withLabel(
    `group(${series("heartbeat_target_status", 'status="healthy"')} == 1 or ${series("heartbeat_up")} == 1)`,
    "name",
    "nothing",
  );

function targets(series: Series): Part {
  const code = `(max by (target, module) (\n  ${stateCode(series, "heartbeat_target_status", "status", STATUSES.slice(1))}\n))`;
  const withStatus = (status: string, reason: string, runbook: string): string =>
    because(
      `group by (target, module) (${series("heartbeat_target_status", `status="${status}"`)} == 1)`,
      reason,
      runbook,
    );
  const reasons = [
    withLabel(
      `(${lastReason(series, "target, module")}\n  and on (target, module) ${series("heartbeat_target_healthy")} == 0)`,
      "runbook",
      "HeartbeatTargetDown",
    ),
    withStatus("unhealthy", "its probes fail", "HeartbeatTargetDown"),
    withStatus("unknown", "no recent result that counts", "HeartbeatTargetUnknown"),
    withStatus("degraded", "slow, or by a rule of its module", "HeartbeatTargetDegraded"),
  ].join("\n  or on (target, module) ");
  const notes = notesOf(series, "target, module", "heartbeat_target_maintenance", "heartbeat_target_info");
  return {
    code,
    since: `(max by (target, module) (${series("heartbeat_last_success_timestamp_seconds")})\nand on (target, module) ${code})`,
    decorate: (expr) =>
      withPage(
        withFacts(
          series,
          `${expr}\n* on (target, module) group_left (reason, runbook) (${reasons})\n* on (target, module) group_left (note) (${notes})`,
        ),
      ),
  };
}

/**
 * Returns one series per thing: with a label `note` if it waits for a dependency or is in maintenance.
 * @param by the labels of the things, which the metric `known` has one series for
 */
const notesOf = (series: Series, by: string, maintenance: string, known: string): string =>
  [
    `topk by (${by}) (1, max by (${by}, note) (${withLabel(series("heartbeat_dependency_down"), "note", "waits for $1", "depends_on", "(.+)")}))`,
    withLabel(`max by (${by}) (${series(maintenance)} == 1)`, "note", "in maintenance"),
    `group by (${by}) (${series(known)})`,
  ].join(`\n  or on (${by}) `);

function heartbeats(series: Series): Part {
  const up = ofHeartbeats(series, "heartbeat_up");
  const known = ofHeartbeats(series, "heartbeat_timeout_seconds");
  // 4 for those that are down, 3 for those that were never seen. A log or lease that is down as a target is one row.
  const asTarget = `max by (target) (${series("heartbeat_target_healthy")}) == 0`;
  const code = `(4 * ((${up} == 0) + 1) unless on (target) ${asTarget}\nor 3 * (${known} * 0 + 1) unless ${up})`;
  const reasons = [
    because(`(${beats(series, "heartbeat_failed")} == 1)`, "reported a failure", "HeartbeatFailed"),
    because(
      `((${beats(series, "heartbeat_up")} == 0) + 1)`,
      "silent for longer than its timeout",
      "HeartbeatMissed",
    ),
    because(`(${beats(series, "heartbeat_timeout_seconds")} * 0 + 1)`, "never seen", "HeartbeatNeverSeen"),
  ].join("\n  or on (heartbeat, source) ");
  const notes = notesOf(series, "heartbeat, source", "heartbeat_maintenance", "heartbeat_timeout_seconds");
  return {
    code,
    since: `(${ofHeartbeats(series, "heartbeat_last_seen_timestamp_seconds")}\nand ${code})`,
    decorate: (expr) =>
      withLabels(
        withBeatFacts(
          series,
          `${expr}\n* on (heartbeat, source) group_left (reason, runbook) (${reasons})\n* on (heartbeat, source) group_left (note) (${notes})`,
        ),
        [
          ["kind", "heartbeat $1", "source", "(.*)"],
          ["page", "heartbeat-heartbeats"],
          ["page", "heartbeat-log", "source", "log"],
        ],
      ),
  };
}

const beats = (series: Series, metric: string): string => `max by (heartbeat, source) (${series(metric)})`;

function components(series: Series): Part {
  const code = `(max by (component) (\n  ${stateCode(series, "heartbeat_component_status", "status", STATUSES.slice(1))}\n))`;
  return {
    code,
    since: `(max by (component) (${series("heartbeat_component_last_report_timestamp_seconds")}) and on (component) ${code})`,
    decorate: (expr) =>
      withLabels(expr, [
        ["name", "$1", "component", "(.*)"],
        ["reason", "its own report, or none in time"],
        ["runbook", "HeartbeatComponentUnhealthy"],
        ["kind", "component"],
        ["page", "heartbeat-groups"],
      ]),
  };
}

function exporters(series: Series): Part {
  const down = `(group by (instance) ((${knownExporters(series, series("up"))}) == 0))`;
  return {
    code: `5 * ${down}`,
    since: `(max by (instance) (max_over_time(timestamp(${series("heartbeat_exporter_build_info")})[6h:1m])) and on (instance) ${down})`,
    decorate: (expr) =>
      withLabels(expr, [
        ["name", "$1", "instance", "(.*)"],
        ["reason", "cannot be scraped: what it watches is unknown"],
        ["runbook", "HeartbeatExporterDown"],
        ["kind", "exporter"],
        ["page", "heartbeat-exporter"],
      ]),
  };
}
