import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Group } from "../core/group.ts";
import type { Coverage, MaintenanceWindow } from "../core/maintenance.ts";
import type { StateStore } from "../core/memory.ts";
import { matchesPattern } from "../core/names.ts";
import { after, type Seconds, type Timestamp } from "../core/units.ts";
import { createManualWindows, type ManualWindow } from "./manual.ts";
import { compileTimes, type WindowState, type WindowStateAt } from "./times.ts";

/** A target or heartbeat that can be in maintenance. */
export interface MaintenanceSubject {
  readonly kind: "target" | "heartbeat";
  readonly name: string;
}

/** A configured window as shown by the API. */
export interface WindowView extends Coverage {
  readonly name: string;
  readonly open: boolean;
  /** When `open` may change next; absent if it will not. */
  readonly until?: Timestamp;
}

/** A request to start a window by hand. */
export interface ManualRequest {
  readonly kind: MaintenanceSubject["kind"] | "group";
  readonly name: string;
  readonly lasting: Seconds;
}

/** All maintenance windows, configured and started by hand. */
export interface Maintenance {
  configure(windows: readonly MaintenanceWindow[], groups: ReadonlyMap<string, Group>): void;
  /**
   * Returns whether the subject is in maintenance now; `undefined` if no window covers it at any time. A heartbeat with a
   * schedule stays in maintenance after a window until its first run could have come.
   */
  covers(subject: MaintenanceSubject): boolean | undefined;
  list(): { readonly windows: readonly WindowView[]; readonly manual: readonly ManualWindow[] };
  /** Starts a window by hand; returns `undefined` if too many are open. */
  start(request: ManualRequest): ManualWindow | undefined;
  /** Ends a window started by hand; returns false if there is none with this id. */
  end(id: string): boolean;
}

interface ConfiguredWindow {
  readonly window: MaintenanceWindow;
  readonly stateAt: WindowStateAt;
}

/**
 * Returns the time until which a heartbeat cannot be late after a window that ended at `end`; `undefined` if its first run
 * has come, or if it has no schedule.
 */
export type FirstChance = (heartbeat: string, end: Timestamp) => Timestamp | undefined;

/**
 * Creates maintenance without configured windows.
 * @param store persists the windows started by hand
 * @param endedStore persists those of them that have ended
 * @param onUnreadable called for a stored one that is malformed and was deleted
 */
export function createMaintenance(
  clock: Clock,
  store: StateStore,
  endedStore: StateStore,
  firstChance: FirstChance,
  onUnreadable?: (id: string) => void,
): Maintenance {
  const manual = createManualWindows(clock, store, endedStore, onUnreadable);
  let configured: readonly ConfiguredWindow[] = [];
  /** Returns the groups that contain a subject, directly or through other groups. */
  let groupsOf = membership(new Map());

  /** Reports whether a heartbeat could not report yet since a window ended, if it ever did. */
  const awaitsFirstRun = (heartbeat: string, end: Timestamp | undefined, now: Timestamp): boolean => {
    // An end in the future was reached before the clock was set back.
    if (end === undefined || end > now) return false;
    const chance = firstChance(heartbeat, end);
    return chance !== undefined && now < chance;
  };

  return {
    configure(windows, groups) {
      configured = windows.map((window) => ({ window, stateAt: cached(compileTimes(window.times)) }));
      groupsOf = membership(groups);
    },
    covers({ kind, name }) {
      const includes = (coverage: Coverage): boolean => {
        const patterns = kind === "target" ? coverage.targets : coverage.heartbeats;
        return (
          patterns.some((pattern) => matchesPattern(pattern, name)) ||
          // Every result asks, and few windows are about groups.
          coverage.groups.some((group) => groupsOf(kind, name).has(group))
        );
      };
      const now = clock.now();
      const own = configured.filter(({ window }) => includes(window)).map(({ stateAt }) => stateAt(now));
      // Reading the open ones moves those whose time is over to the ended ones.
      if (manual.list().some(includes) || own.some(({ open }) => open)) return true;
      const past = manual.ended().filter(includes);
      const ends = [...own.map(({ ended }) => ended), ...past.map(({ until }) => until)];
      if (kind === "heartbeat" && ends.some((end) => awaitsFirstRun(name, end, now))) return true;
      return own.length === 0 ? undefined : false;
    },
    list: () => ({
      windows: configured.map(({ window, stateAt }) => {
        const { name, targets, heartbeats, groups } = window;
        const { open, until } = stateAt(clock.now());
        return { name, targets, heartbeats, groups, open, ...defined({ until }) };
      }),
      manual: manual.list(),
    }),
    start: ({ kind, name, lasting }) => manual.start(kind, name, after(clock.now(), lasting)),
    end: (id) => manual.end(id),
  };
}

/** Caches a window's state until it may change, because every probe result asks for it. */
function cached(stateAt: WindowStateAt): WindowStateAt {
  let known: { readonly at: Timestamp; readonly state: WindowState } | undefined;
  return (now) => {
    if (known === undefined || now < known.at || now >= (known.state.until ?? Number.POSITIVE_INFINITY))
      known = { at: now, state: stateAt(now) };
    return known.state;
  };
}

/** Indexes groups by member; the result returns all groups that contain a member, directly or through other groups. */
function membership(groups: ReadonlyMap<string, Group>): (kind: string, name: string) => ReadonlySet<string> {
  const parents = new Map<string, Set<string>>();
  const keyOf = (kind: string, name: string): string => `${kind} ${name}`;
  for (const group of groups.values()) {
    for (const { kind, name } of group.members) {
      const known = parents.get(keyOf(kind, name)) ?? new Set();
      parents.set(keyOf(kind, name), known.add(group.name));
    }
  }
  return (kind, name) => {
    const all = new Set(parents.get(keyOf(kind, name)));
    // The loop also visits what is added meanwhile.
    for (const group of all) for (const parent of parents.get(keyOf("group", group)) ?? []) all.add(parent);
    return all;
  };
}
