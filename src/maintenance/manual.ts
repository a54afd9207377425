import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Coverage } from "../core/maintenance.ts";
import type { StateStore } from "../core/memory.ts";
import { type Timestamp, timestamp } from "../core/units.ts";

/** A window that was started by hand. It ends by itself. */
export interface ManualWindow extends Coverage {
  readonly id: string;
  readonly from: Timestamp;
  readonly until: Timestamp;
}

export interface ManualWindows {
  /** Those that are open. */
  list(): readonly ManualWindow[];
  start(kind: "target" | "heartbeat" | "group", name: string, until: Timestamp): ManualWindow | undefined;
  end(id: string): boolean;
}

const MOST = 1_000;

/** @param shelf shared with nobody */
export function createManualWindows(clock: Clock, shelf: StateStore): ManualWindows {
  let windows: readonly ManualWindow[] = [...shelf.entries()].flatMap(([id, value]) => {
    const window = readWindow(id, value);
    if (window === undefined) shelf.delete(id);
    return window ?? [];
  });

  const list = (): readonly ManualWindow[] => {
    const now = clock.now();
    if (windows.every(({ until }) => now < until)) return windows;
    for (const { id, until } of windows) if (now >= until) shelf.delete(id);
    windows = windows.filter(({ until }) => now < until);
    return windows;
  };

  return {
    list,
    start(kind, name, until) {
      if (list().length >= MOST) return undefined;
      const of = (one: typeof kind): readonly string[] => (one === kind ? [name] : []);
      const window: ManualWindow = {
        id: randomUUID().slice(0, 8),
        from: clock.now(),
        until,
        targets: of("target"),
        heartbeats: of("heartbeat"),
        groups: of("group"),
      };
      windows = [...windows, window];
      shelf.put(window.id, window);
      return window;
    },
    end(id) {
      if (!list().some((window) => window.id === id)) return false;
      windows = windows.filter((window) => window.id !== id);
      shelf.delete(id);
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
