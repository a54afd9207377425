import type { HeartbeatFacts, OverviewItem, TargetFacts } from "../../model/overview.ts";
import { usePaths } from "../context.ts";
import { classes, Fragment, h, type VNode } from "../h.ts";
import { DaysBar, ResultsBar, uptimeOf } from "../parts/bars.ts";
import { Name } from "../parts/name.ts";
import { Sparkline } from "../parts/sparkline.ts";
import { Counts, Status } from "../parts/status.ts";
import { Ago, For, Until } from "../parts/time.ts";
import { duration, percent, shortName, span } from "../text.ts";

/** The context of the lines of one overview. */
export interface Scale {
  readonly daysFrom: number;
}

/** Shows one subject: a line on a wide screen, a card on a narrow one. */
export function Item({ item, scale }: { readonly item: OverviewItem; readonly scale: Scale }): VNode {
  const { kind, name, status, since, target, heartbeat, members, days } = item;
  return h(
    "li",
    { class: classes("item", status) },
    h("div", { class: "item-status" }, h(Status, { status }), since === null ? null : h(For, { since })),
    h(
      "div",
      { class: "item-name" },
      h("a", { href: usePaths().subject(kind, name) }, h(Name, { text: name })),
      h("div", { class: "tags" }, h(Tags, { item })),
    ),
    h("div", { class: "item-why" }, h(Why, { item })),
    h("div", { class: "item-results" }, target === undefined ? null : h(Results, { target })),
    h(
      "div",
      { class: "item-days" },
      h(DaysBar, { days, from: scale.daysFrom }),
      h("small", null, "90 days", h("b", null, percent(uptimeOf(days)))),
    ),
    h(
      "div",
      { class: "item-times" },
      target === undefined ? null : h(TargetTimes, { item, target }),
      heartbeat === undefined ? null : h(HeartbeatTimes, { heartbeat }),
      members === undefined ? null : h(Counts, { counts: members }),
      target === undefined && heartbeat === undefined && members === undefined
        ? h(LastSuccess, { item })
        : null,
    ),
  );
}

/** Shows what kind of thing it is, and what an operator has said about it. */
export function Tags({ item }: { readonly item: OverviewItem }): VNode {
  const { kind, target, heartbeat, critical, maintenance, labels } = item;
  const kindText =
    target?.prober ?? (heartbeat === undefined ? kind : `${heartbeat.kind} ${heartbeat.source}`);
  return h(
    Fragment,
    null,
    h("span", null, kindText),
    target === undefined ? null : h("span", null, h(Name, { text: target.module })),
    critical ? h("span", { class: "strong" }, "critical") : null,
    maintenance ? h("span", { class: "strong" }, "in maintenance") : null,
    Object.entries(labels).map(([name, value]) =>
      h("span", { key: name, class: "label" }, h("bdi", null, shortName(`${name}=${value}`))),
    ),
  );
}

/** Says why something is as it is, and in which mode. */
export function Why({ item }: { readonly item: OverviewItem }): VNode {
  const { reason, detail, blocked_by, target, heartbeat } = item;
  return h(
    Fragment,
    null,
    target?.mode === "fallback"
      ? h(
          "span",
          { class: "mode" },
          target.forced ? "Fallback, forced" : "Fallback",
          target.mode_since === null ? null : [" ", h(For, { since: target.mode_since })],
        )
      : null,
    target?.mode === "primary" && target.forced ? h("span", { class: "mode" }, "Primary, forced") : null,
    target?.skipped == null ? null : h("span", { class: "mode" }, SKIPS[target.skipped] ?? target.skipped),
    heartbeat?.running_since == null
      ? null
      : h("span", { class: "mode" }, "Running ", h(For, { since: heartbeat.running_since })),
    reason === null ? null : h("b", null, shortName(reason)),
    detail === null || detail === reason ? null : h("span", { class: "detail" }, h("bdi", null, detail)),
    blocked_by === undefined
      ? null
      : h("span", { class: "detail" }, "because ", h(Name, { text: blocked_by }), " is down"),
  );
}

const SKIPS: Readonly<Record<string, string>> = {
  budget_exhausted: "Budget exhausted, not probed",
  not_leader: "Probed by another replica",
};

function Results({ target }: { readonly target: TargetFacts }): VNode {
  const { results, latency, last_duration } = target;
  const failed = results.filter(({ ok }) => !ok).length;
  return h(
    Fragment,
    null,
    h(
      "div",
      null,
      h(ResultsBar, { results }),
      h(
        "small",
        null,
        "Last probes",
        h("b", null, results.length === 0 ? "–" : `${results.length - failed}/${results.length}`),
      ),
    ),
    h(
      "div",
      { class: "latency" },
      h(Sparkline, { points: latency }) ?? h("span", { class: "sparkline" }),
      h("small", null, "Duration", h("b", null, last_duration === null ? "–" : duration(last_duration))),
    ),
  );
}

function TargetTimes({ item, target }: { readonly item: OverviewItem; readonly target: TargetFacts }): VNode {
  const { next_probe, budget_left } = target;
  return h(
    Fragment,
    null,
    h(LastSuccess, { item }),
    h("span", null, "next probe ", next_probe === null ? "on scrape" : h(Until, { at: next_probe })),
    budget_left === null ? null : h("span", null, `budget left ${budgetText(budget_left)}`),
  );
}

const LastSuccess = ({ item }: { readonly item: OverviewItem }): VNode =>
  h(
    "span",
    null,
    item.kind === "target" ? "last success " : "last report ",
    item.last_success === null ? "unknown" : h(Ago, { at: item.last_success }),
  );

/** Returns what is left of budgets: `12,000 tokens, $0.42`. */
export function budgetText({
  tokens,
  dollars,
}: {
  readonly tokens?: number;
  readonly dollars?: number;
}): string {
  const parts = [
    tokens === undefined ? [] : `${tokens.toLocaleString("en")} tokens`,
    dollars === undefined ? [] : `$${dollars < 1 ? Number(dollars.toPrecision(2)) : dollars.toFixed(2)}`,
  ];
  return parts.flat().join(", ");
}

function HeartbeatTimes({ heartbeat }: { readonly heartbeat: HeartbeatFacts }): VNode {
  const { last_seen, timeout_seconds, schedule, next_expected } = heartbeat;
  return h(
    Fragment,
    null,
    h("span", null, "last seen ", last_seen === null ? "never" : h(Ago, { at: last_seen })),
    h(
      "span",
      null,
      schedule === null ? `timeout ${span(timeout_seconds)}` : h("bdi", null, shortName(schedule)),
    ),
    next_expected === null ? null : h("span", null, "next expected ", h(Until, { at: next_expected })),
  );
}
