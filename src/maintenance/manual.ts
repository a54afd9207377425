import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Coverage } from "../core/maintenance.ts";
import type { StateStore } from "../core/memory.ts";
import { type Timestamp, timestamp } from "../core/units.ts";

/** A window started by hand. It ends at `until` by itself. */
export interface ManualWindow extends Coverage {
  readonly id: string;
  readonly from: Timestamp;
  readonly until: Timestamp;
}

/** The windows started by hand. */
export interface ManualWindows {
  /** Returns the open windows. */
  list(): readonly ManualWindow[];
  /** Starts a window; returns `undefined` if too many are open. */
  start(kind: "target" | "heartbeat" | "group", name: string, until: Timestamp): ManualWindow | undefined;
  /** Ends a window; returns false if there is none with this id. */
  end(id: string): boolean;
}

const MAX_WINDOWS = 1_000;

/**
 * Restores the windows of the previous run.
 * @param store used for nothing else
 */
export function createManualWindows(clock: Clock, store: StateStore): ManualWindows {
  let windows: readonly ManualWindow[] = [...store.entries()].flatMap(([id, value]) => {
    const window = readWindow(id, value);
    if (window === undefined) store.delete(id);
    return window ?? [];
  });

  const list = (): readonly ManualWindow[] => {
    const now = clock.now();
    if (windows.every(({ until }) => now < until)) return windows;
    for (const { id, until } of windows) if (now >= until) store.delete(id);
    windows = windows.filter(({ until }) => now < until);
    return windows;
  };

  return {
    list,
    start(kind, name, until) {
      if (list().length >= MAX_WINDOWS) return undefined;
      const namesOf = (one: typeof kind): readonly string[] => (one === kind ? [name] : []);
      const window: ManualWindow = {
        id: randomUUID().slice(0, 8),
        from: clock.now(),
        until,
        targets: namesOf("target"),
        heartbeats: namesOf("heartbeat"),
        groups: namesOf("group"),
      };
      windows = [...windows, window];
      store.put(window.id, window);
      return window;
    },
    end(id) {
      if (!list().some((window) => window.id === id)) return false;
      windows = windows.filter((window) => window.id !== id);
      store.delete(id);
      return true;
    },
  };
}

function readWindow(id: string, value: unknown): ManualWindow | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { from, until, targets, heartbeats, groups } = value as Partial<Record<keyof ManualWindow, unknown>>;
  if (typeof from !== "number" || typeof until !== "number") return undefined;
  if (!isNames(targets) || !isNames(heartbeats) || !isNames(groups)) return undefined;
  return { id, from: timestamp(from), until: timestamp(until), targets, heartbeats, groups };
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");
