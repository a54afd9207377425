import type { Clock } from "../core/clock.ts";
import type { StateStore } from "../core/memory.ts";
import { seconds } from "../core/units.ts";

/** Keeps back that a heartbeat went offline while it is worked on, until that is over. */
export interface SuppressedNotices {
  /**
   * A heartbeat went offline or came back. Tells whether that is to be said now: not during a window, and of one that
   * came back only if it was said that it went.
   */
  admit(name: string, kind: "offline" | "online"): boolean;
  stop(): void;
}

export interface SuppressedNoticesDeps {
  readonly clock: Clock;
  /** What is kept back, over restarts. */
  readonly shelf: StateStore;
  readonly inMaintenance: (name: string) => boolean;
  /** A window is over: says that the heartbeat is offline, if it still is. */
  readonly release: (name: string) => void;
}

const TICK = seconds(1);

export function createSuppressedNotices({
  clock,
  shelf,
  inMaintenance,
  release,
}: SuppressedNoticesDeps): SuppressedNotices {
  const names = new Set(Array.from(shelf.entries(), ([name]) => name));
  let cancel: (() => void) | undefined;

  const look = (): void => {
    cancel = undefined;
    for (const name of names) {
      if (inMaintenance(name)) continue;
      forget(name);
      release(name);
    }
    watch();
  };
  const watch = (): void => {
    if (cancel === undefined && names.size > 0) cancel = clock.after(TICK, look);
  };
  const forget = (name: string): boolean => {
    shelf.delete(name);
    return names.delete(name);
  };
  watch();

  return {
    admit(name, kind) {
      if (kind === "online") return !forget(name);
      if (!inMaintenance(name)) return true;
      names.add(name);
      shelf.put(name, true);
      watch();
      return false;
    },
    stop: () => cancel?.(),
  };
}
