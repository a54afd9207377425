import type { Clock } from "../core/clock.ts";
import type { StateStore } from "../core/memory.ts";
import { type Seconds, seconds } from "../core/units.ts";

/** Suppresses the offline notices of heartbeats in maintenance, and releases them when the window ends. */
export interface SuppressedNotices {
  /**
   * Returns whether a change of a heartbeat should be announced now. `offline` is suppressed during maintenance, and
   * `online` if its `offline` was suppressed.
   */
  admit(name: string, kind: "offline" | "online"): boolean;
  stop(): void;
}

export interface SuppressedNoticesDeps {
  readonly clock: Clock;
  /** Persists the names of heartbeats whose notice is suppressed. */
  readonly store: StateStore;
  readonly inMaintenance: (name: string) => boolean;
  /** Returns for how long the exporter has been running since its last absence. */
  readonly presentFor: () => Seconds;
  /** Called when maintenance ends: announces that the heartbeat is offline, if it still is. */
  readonly release: (name: string) => void;
}

/** Time after an absence of the exporter in which reports of the absence arrive, so that offline may be an error. */
const SETTLING = seconds(5);

/** How often the end of maintenance is checked for. */
const CHECK_INTERVAL = seconds(1);

/** Restores the notices that the previous run suppressed. */
export function createSuppressedNotices({
  clock,
  store,
  inMaintenance,
  presentFor,
  release,
}: SuppressedNoticesDeps): SuppressedNotices {
  const names = new Set(Array.from(store.entries(), ([name]) => name));
  let cancel: (() => void) | undefined;

  const releaseEnded = (): void => {
    cancel = undefined;
    for (const name of presentFor() < SETTLING ? [] : names) {
      if (inMaintenance(name)) continue;
      remove(name);
      release(name);
    }
    schedule();
  };
  const schedule = (): void => {
    if (cancel === undefined && names.size > 0) cancel = clock.after(CHECK_INTERVAL, releaseEnded);
  };
  const remove = (name: string): boolean => {
    store.delete(name);
    return names.delete(name);
  };
  schedule();

  return {
    admit(name, kind) {
      if (kind === "online") return !remove(name);
      if (!inMaintenance(name)) return true;
      names.add(name);
      store.put(name, true);
      schedule();
      return false;
    },
    stop: () => cancel?.(),
  };
}
