import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../core/clock.ts";
import type { ClusterOptions, LeaseApi } from "../core/lease.ts";
import type { Log } from "../core/log.ts";
import type { Skip } from "../core/result.ts";
import {
  type LeaderReplica,
  type Leadership,
  type LeaseSettings,
  type SharedKnowledge,
  startLeadership,
} from "./replica.ts";

/** This replica's leadership, by the configuration in use. */
export interface Election {
  /** Applies the section `lease:` of a configuration. Without one every replica does everything. No effect if unchanged. */
  apply(settings: LeaseSettings | undefined): void;
  /** Returns whether this replica leads; `undefined` without a configured lease. */
  leads(): boolean | undefined;
  /** Returns the other replica that leads, if one is known to. */
  leader(): LeaderReplica | undefined;
  /** Returns why this replica sends no prompts; `undefined` if it does. */
  skip(): Skip | undefined;
  /** Returns true if this replica sends webhooks and messages to people. */
  delivers(): boolean;
  /** Lets the others know soon what this replica knows, if it leads. */
  share(): void;
  /** Releases the lease. */
  stop(): Promise<void>;
}

export interface ElectionDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly open: (cluster: ClusterOptions) => LeaseApi;
  readonly random: () => number;
  /** Called when this replica becomes the leader. */
  readonly onLead: () => void;
  /** Called when a replica begins or ceases to lead, as far as this one knows. */
  readonly onLeaderChange: () => void;
  readonly knowledge: SharedKnowledge;
}

/** Creates an election without a lease. */
export function createElection(deps: ElectionDeps): Election {
  let running: { readonly settings: LeaseSettings; readonly leadership: Leadership } | undefined;
  /** Resolves after all releases, also those of leases that a reload has replaced. */
  let released: Promise<unknown> = Promise.resolve();

  const end = (): void => {
    released = Promise.all([released, running?.leadership.stop()]);
    running = undefined;
  };

  return {
    apply(settings) {
      if (isDeepStrictEqual(settings, running?.settings)) return;
      end();
      if (settings === undefined) return;
      running = { settings, leadership: startLeadership(settings, { ...deps, api: deps.open(settings) }) };
    },
    leads: () => running?.leadership.leads(),
    leader: () => running?.leadership.leader(),
    skip() {
      if (running === undefined || running.leadership.leads()) return undefined;
      return { reason: "not_leader", detail: running.leadership.describe() };
    },
    delivers: () => running === undefined || running.settings.deliver === "all" || running.leadership.leads(),
    share: () => running?.leadership.share(),
    async stop() {
      end();
      await released;
    },
  };
}
