import type { Clock } from "../core/clock.ts";
import type { ClusterOptions, LeaseApi } from "../core/lease.ts";
import type { Log } from "../core/log.ts";
import type { Skip } from "../core/result.ts";
import { type Leadership, type LeaseSettings, startLeadership } from "./replica.ts";

/** Leadership as the configuration wants it, which a reload may change. */
export interface Election {
  /** Takes over the settings: without any, every replica does everything. Unchanged ones go on undisturbed. */
  apply(settings: LeaseSettings | undefined): void;
  /** `undefined` where there is no lease to hold. */
  leads(): boolean | undefined;
  /** Why this replica sends no prompts now. */
  skip(): Skip | undefined;
  stop(): Promise<void>;
}

export interface ElectionDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly open: (cluster: ClusterOptions) => LeaseApi;
  readonly random: () => number;
  readonly onLead: () => void;
}

export function createElection(deps: ElectionDeps): Election {
  let running: { readonly key: string; readonly leadership: Leadership } | undefined;
  /** Those that give up their lease: also after a reload the end waits for them. */
  const ending = new Set<Promise<void>>();

  const end = (): void => {
    if (running === undefined) return;
    const stopped = running.leadership.stop().finally(() => ending.delete(stopped));
    ending.add(stopped);
    running = undefined;
  };

  return {
    apply(settings) {
      const key = settings === undefined ? undefined : JSON.stringify(settings);
      if (key === running?.key) return;
      end();
      if (settings === undefined || key === undefined) return;
      const leadership = startLeadership(settings, { ...deps, api: deps.open(settings) });
      running = { key, leadership };
    },
    leads: () => running?.leadership.leads(),
    skip() {
      if (running === undefined || running.leadership.leads()) return undefined;
      return { reason: "not_leader", detail: running.leadership.describe() };
    },
    async stop() {
      end();
      await Promise.all(ending);
    },
  };
}
