import type { Clock } from "../../core/clock.ts";
import type { BlockedBy } from "../../core/dependency.ts";
import type { History } from "../../core/history.ts";
import type { Log } from "../../core/log.ts";
import type { Memory } from "../../core/memory.ts";
import type { Presence } from "../../core/presence.ts";
import type { Target } from "../../core/target.ts";
import type { RecentProbes } from "../../engine/recent-probes.ts";
import type { Scheduler } from "../../engine/schedule.ts";
import type { Statuses } from "../../events/statuses.ts";
import type { Components } from "../../groups/components.ts";
import type { GroupHealth } from "../../groups/health.ts";
import type { Register } from "../../heartbeats/register.ts";
import type { Maintenance } from "../../maintenance/maintenance.ts";
import type { SubjectRef } from "../../page/state.ts";
import type { Routes } from "../../routing/routes.ts";
import type { ProbedHeartbeat, TargetCondition } from "../../server/route-context.ts";
import type { Alerting } from "../alerting.ts";
import type { Budgets } from "../budgets.ts";
import type { ConfigIndex } from "../config-index.ts";

/** The parts of the exporter that the page shows. */
export interface ShownParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly presence: Pick<Presence, "onGap">;
  readonly history: History;
  readonly index: ConfigIndex;
  readonly scheduler: Scheduler;
  readonly recentProbes: Pick<RecentProbes, "list">;
  readonly statuses: Statuses;
  readonly pushes: Register;
  readonly beatsOf: (target: Target) => readonly ProbedHeartbeat[];
  readonly components: Components;
  readonly health: GroupHealth;
  readonly routes: Routes;
  readonly maintenance: Maintenance;
  readonly budgets: Budgets;
  readonly blockedBy: BlockedBy;
  readonly alerting: Alerting;
}

/** The parts, with functions that join them. */
export interface PageParts extends ShownParts {
  readonly condition: (target: Target) => TargetCondition;
  /** Returns the groups of a subject. */
  readonly groupsOf: (subject: SubjectRef) => readonly string[];
}
