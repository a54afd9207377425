import { defined } from "../../core/defined.ts";
import type { Result } from "../../core/result.ts";
import { redactAddress } from "../../core/secret.ts";
import type { Target } from "../../core/target.ts";
import { after } from "../../core/units.ts";
import type { SubjectEntry, SubjectState, TargetState } from "../../page/state.ts";
import type { TargetCondition } from "../../server/route-context.ts";
import type { PageParts } from "./parts.ts";

const words = new WeakMap<Target, readonly string[]>();

/** Returns the texts that a filter finds, which are the same as long as the configuration is. */
function wordsOf(target: Target): readonly string[] {
  const known = words.get(target);
  if (known !== undefined) return known;
  const found = [redactAddress(target.address), target.module.name, target.module.prober.kind];
  words.set(target, found);
  return found;
}

/** Returns the part of a target that filters and counts need. */
export const targetEntry = (parts: PageParts, target: Target): SubjectEntry => ({
  kind: "target",
  name: target.name,
  status: parts.condition(target).status,
  labels: target.labels,
  groups: parts.groupsOf({ kind: "target", name: target.name }),
  words: wordsOf(target),
});

/** Returns everything that is known of a target now. */
export function targetState(parts: PageParts, target: Target): SubjectState {
  const { clock, statuses, maintenance, budgets, scheduler } = parts;
  const condition = parts.condition(target);
  const { state, latest, skip } = condition;
  const { name, module, failover } = target;
  const period = statuses.period("target", name);
  const next = scheduler.nextIn(name);
  const { status } = condition;
  return {
    ...targetEntry(parts, target),
    status,
    ...defined({
      since: period?.status === status ? period.since : undefined,
      knownSince: period?.knownSince,
      lastSuccess: state.lastSuccessAt,
      dependsOn: target.dependsOn?.map((dependency) => dependency.name),
      blockedBy: status === "healthy" ? undefined : parts.blockedBy("target", name),
    }),
    ...explanation(condition),
    critical: target.critical,
    maintenance: maintenance.covers({ kind: "target", name }) === true,
    target: {
      module: module.name,
      prober: module.prober.kind,
      address: redactAddress(target.address),
      consecutiveFailures: state.consecutiveFailures,
      budget: budgets.remaining(target),
      ...(failover === undefined
        ? {}
        : { mode: { mode: state.mode, since: state.modeSince, forced: state.forced !== undefined } }),
      ...defined({
        lastProbe: state.lastProbeAt,
        latest: latest === undefined ? undefined : markOf(latest.result),
        nextProbe: next === undefined || skip !== undefined ? skip?.until : after(clock.now(), next),
        skipped: skip?.reason,
      }),
    },
  };
}

function markOf({ startedAt, duration, outcome }: Result): NonNullable<TargetState["latest"]> {
  return { startedAt, duration, ...(outcome.ok ? {} : { reason: outcome.reason }) };
}

/** Returns why a target is not healthy: why it is not probed, the failure of its last probe, or what makes it degraded. */
function explanation({
  stale,
  skip,
  latest,
  degraded,
}: TargetCondition): Pick<SubjectState, "reason" | "detail"> {
  if (stale && skip !== undefined) return { reason: skip.reason, detail: skip.detail };
  if (stale) return latest === undefined ? { reason: "not_probed_yet" } : { reason: "stale" };
  const outcome = latest?.result.outcome;
  if (outcome?.ok === false) return { reason: outcome.reason, detail: outcome.detail };
  return degraded === undefined ? {} : { reason: degraded.reason, detail: degraded.detail };
}
