import { defined } from "../../core/defined.ts";
import type { Dependency } from "../../core/dependency.ts";
import type { Group } from "../../core/group.ts";
import type { PushHeartbeat } from "../../core/push-heartbeat.ts";
import type { Target } from "../../core/target.ts";
import { formatDuration, rfc3339 } from "../../core/units.ts";
import type { PastProbe } from "../../engine/recent-probes.ts";
import { heartbeatFacts } from "../../page/item.ts";
import type { RecentProbe, Setting } from "../../page/model/subject.ts";
import type { SubjectDetails } from "../../page/source.ts";
import type { SubjectRef } from "../../page/state.ts";
import { lineOrNull } from "../../page/text.ts";
import { probedDetails } from "./heartbeats.ts";
import { operationsFor } from "./operations.ts";
import type { PageParts } from "./parts.ts";

/** Converts a probe whose log is kept to JSON. */
const probeJson = ({ result }: Pick<PastProbe, "result">): RecentProbe => {
  const { id, startedAt, duration, outcome } = result;
  return {
    id,
    started_at: rfc3339(startedAt),
    ok: outcome.ok,
    reason: outcome.ok ? null : outcome.reason,
    detail: outcome.ok ? null : lineOrNull(outcome.detail),
    duration: Number(duration.toFixed(6)),
  };
};

/** Returns the targets and heartbeats that depend on a subject. */
function dependentsOn({ index, pushes }: PageParts, { kind, name }: SubjectRef): readonly SubjectRef[] {
  const dependsOnIt = (dependencies: readonly Dependency[] | undefined): boolean =>
    dependencies?.some((one) => one.kind === kind && one.name === name) === true;
  const found: SubjectRef[] = [];
  for (const target of index.current().targets.values()) {
    if (dependsOnIt(target.dependsOn)) found.push({ kind: "target", name: target.name });
  }
  for (const { heartbeat } of pushes.list()) {
    if (dependsOnIt(heartbeat.dependsOn)) found.push({ kind: "heartbeat", name: heartbeat.name });
  }
  return found;
}

/** Returns what a page shows of a subject beside its state and its history. */
export function detailsOf(parts: PageParts, subject: SubjectRef): SubjectDetails {
  const { index, pushes } = parts;
  const operations = operationsFor(parts, subject);
  const dependents = dependentsOn(parts, subject);
  const none = { settings: [], probes: [], heartbeats: [], dependents, operations };
  switch (subject.kind) {
    case "target": {
      const target = index.current().targets.get(subject.name);
      return target === undefined ? none : { ...none, ...targetDetails(parts, target) };
    }
    case "heartbeat": {
      const push = pushes.find(subject.name);
      return push === undefined ? none : { ...none, settings: heartbeatSettings(push.heartbeat) };
    }
    case "group": {
      const group = index.current().groups.get(subject.name);
      return group === undefined ? none : { ...none, settings: groupSettings(group) };
    }
    case "component":
      return none;
  }
}

function targetDetails(parts: PageParts, target: Target): Partial<SubjectDetails> {
  return {
    configuration: target.module.source,
    settings: targetSettings(target),
    probes: parts.recentProbes
      .list()
      .filter(({ target: name, module }) => name === target.name && module.name === target.module.name)
      .map(probeJson),
    heartbeats: parts
      .beatsOf(target)
      .map((probed) => ({ name: probed.beat.heartbeat, ...heartbeatFacts(probedDetails(probed)) })),
  };
}

const setting = (name: string, value: string, meaning: string): Setting => ({ name, value, meaning });

function targetSettings({
  schedule,
  interval,
  minInterval,
  thresholds,
  ...target
}: Target): readonly Setting[] {
  const { failures, successes, minDwell, ignoreReasons } = thresholds;
  const { expectedDuration, sloObjective, failover, module } = target;
  const settings = [
    setting("schedule", schedule, "Whether the exporter's own schedule probes it, or each scrape."),
    setting("interval", formatDuration(interval), "Time between two probes."),
    setting(
      "min_interval",
      formatDuration(minInterval),
      "A younger result is shown again instead of probing.",
    ),
    setting("failure_threshold", String(failures), "Failures in a row until it is unhealthy."),
    setting("healthy_threshold", String(successes), "Successes in a row until it is healthy again."),
    setting("slo_objective", String(sloObjective), "The wanted ratio of successful probes."),
  ];
  if (module.timeout !== undefined)
    settings.push(setting("timeout", formatDuration(module.timeout), "Longest duration of one probe."));
  if (minDwell > 0)
    settings.push(setting("min_dwell", formatDuration(minDwell), "Shortest time in one mode."));
  if (ignoreReasons.size > 0)
    settings.push(setting("ignore_reasons", [...ignoreReasons].join(", "), "Failures that do not count."));
  if (expectedDuration !== undefined) {
    const meaning = "A probe that takes longer makes it degraded.";
    settings.push(setting("expected_duration", formatDuration(expectedDuration), meaning));
  }
  if (failover !== undefined) {
    const meaning = "Fallback that lasts longer is overdue.";
    settings.push(setting("failover.max_duration", formatDuration(failover.maxDuration), meaning));
  }
  return settings;
}

function heartbeatSettings({ timeout, startTimeout, schedule }: PushHeartbeat): readonly Setting[] {
  const { cron, timezone, every, grace } = defined({
    cron: schedule?.kind === "cron" ? schedule.cron : undefined,
    timezone: schedule?.kind === "cron" ? schedule.timeZone : undefined,
    every: schedule?.kind === "every" ? formatDuration(schedule.every) : undefined,
    grace: schedule === undefined ? undefined : formatDuration(schedule.grace),
  });
  const optional = (name: string, value: string | undefined, meaning: string): readonly Setting[] =>
    value === undefined ? [] : [setting(name, value, meaning)];
  return [
    setting("timeout", formatDuration(timeout), "Silence after which it is down."),
    setting("start_timeout", formatDuration(startTimeout), "Longest run from its start to its end."),
    ...optional("schedule", cron, "When it is expected."),
    ...optional("timezone", timezone, "The time zone of its schedule."),
    ...optional("every", every, "How often it is expected."),
    ...optional("grace", grace, "How late it may be."),
  ];
}

function groupSettings({ unhealthyWhen }: Group): readonly Setting[] {
  switch (unhealthyWhen.kind) {
    case "critical":
      return [setting("unhealthy_when", "critical", "Unhealthy if a critical member or all members are.")];
    case "count": {
      const { count } = unhealthyWhen;
      const meaning = `Unhealthy if ${count === 1 ? "any member is" : `at least ${count} members are`}.`;
      return [setting("unhealthy_when", count === 1 ? "any" : `count: ${count}`, meaning)];
    }
    case "ratio": {
      const { ratio } = unhealthyWhen;
      return [
        setting("unhealthy_when", `ratio: ${ratio}`, "Unhealthy if at least this share of its members is."),
      ];
    }
  }
}
