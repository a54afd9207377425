import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { createEnds } from "../core/ends.ts";
import { isObject } from "../core/json-object.ts";
import type { Coverage } from "../core/maintenance.ts";
import type { StateStore } from "../core/memory.ts";
import { after, isTimestamp, seconds, type Timestamp, timestamp } from "../core/units.ts";

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
  /** Returns the windows that ended within the last {@link REMEMBERED}. */
  ended(): readonly ManualWindow[];
  /** Starts a window; returns `undefined` if too many are open. */
  start(kind: "target" | "heartbeat" | "group", name: string, until: Timestamp): ManualWindow | undefined;
  /** Ends a window; returns false if there is none with this id. */
  end(id: string): boolean;
}

const MAX_WINDOWS = 1_000;

/** Time for which a window is remembered after its end: runs that it kept from coming are expected again by then. */
const REMEMBERED = seconds(31 * 86_400);

/**
 * Restores the windows of the previous run.
 * @param store persists the open windows
 * @param endedStore persists those that have ended
 * @param onUnreadable called for a stored window that is malformed and was deleted
 */
export function createManualWindows(
  clock: Clock,
  store: StateStore,
  endedStore: StateStore,
  onUnreadable: (id: string) => void = () => {},
): ManualWindows {
  let windows = readWindows(store, onUnreadable);
  let past = readWindows(endedStore, onUnreadable);
  const ends = createEnds(clock);

  const remember = (ended: readonly ManualWindow[]): void => {
    const now = clock.now();
    const all = [...ended, ...past];
    past = all.filter(({ until }, i) => i < MAX_WINDOWS && now < after(until, REMEMBERED));
    for (const window of ended) endedStore.put(window.id, window);
    for (const window of all) if (!past.includes(window)) endedStore.delete(window.id);
  };

  const list = (): readonly ManualWindow[] => {
    const over = new Set(windows.filter(({ id, until }) => ends.hasPassed(id, until)));
    if (over.size === 0) return windows;
    const now = clock.now();
    remember([...over].map((window) => ({ ...window, until: timestamp(Math.min(window.until, now)) })));
    for (const { id } of over) store.delete(id);
    windows = windows.filter((window) => !over.has(window));
    return windows;
  };

  return {
    list,
    ended: () => past,
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
      // Its length is known from here on.
      ends.hasPassed(window.id, until);
      return window;
    },
    end(id) {
      if (!list().some((window) => window.id === id)) return false;
      remember(windows.flatMap((window) => (window.id === id ? { ...window, until: clock.now() } : [])));
      windows = windows.filter((window) => window.id !== id);
      store.delete(id);
      return true;
    },
  };
}

/** Reads the windows of a store, and deletes what is malformed. */
function readWindows(store: StateStore, onUnreadable: (id: string) => void): readonly ManualWindow[] {
  return [...store.entries()].flatMap(([id, value]) => {
    const window = readWindow(id, value);
    if (window !== undefined) return window;
    store.delete(id);
    onUnreadable(id);
    return [];
  });
}

function readWindow(id: string, value: unknown): ManualWindow | undefined {
  if (!isObject(value)) return undefined;
  const { from, until, targets, heartbeats, groups } = value;
  if (!isTimestamp(from) || !isTimestamp(until)) return undefined;
  if (!isNames(targets) || !isNames(heartbeats) || !isNames(groups)) return undefined;
  return { id, from, until, targets, heartbeats, groups };
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");
