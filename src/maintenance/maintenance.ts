import type { Clock } from "../core/clock.ts";
import type { Group } from "../core/group.ts";
import type { Coverage, MaintenanceWindow } from "../core/maintenance.ts";
import type { StateStore } from "../core/memory.ts";
import { matchesPattern } from "../core/names.ts";
import { after, type Seconds, type Timestamp } from "../core/units.ts";
import { createManualWindows, type ManualWindow } from "./manual.ts";
import { compileTimes, lastEnd, type WindowState, type WindowStateAt } from "./times.ts";

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
  let groupsOf: (subject: MaintenanceSubject) => ReadonlySet<string> = () => new Set();

  const includes = (coverage: Coverage, subject: MaintenanceSubject): boolean => {
    const names = subject.kind === "target" ? coverage.targets : coverage.heartbeats;
    if (names.some((pattern) => matchesPattern(pattern, subject.name))) return true;
    if (coverage.groups.length === 0) return false;
    const groups = groupsOf(subject);
    return coverage.groups.some((name) => groups.has(name));
  };

  /** Reports whether a heartbeat could not report yet since one of the windows ended. */
  const awaitsFirstRun = (
    { kind, name }: MaintenanceSubject,
    own: readonly ConfiguredWindow[],
    ended: readonly ManualWindow[],
    now: Timestamp,
  ): boolean => {
    // Without a schedule there is no chance to wait for, and the last ends need not be computed.
    if (kind !== "heartbeat" || firstChance(name, now) === undefined) return false;
    const ends = [...own.map(({ window }) => lastEnd(window.times, now)), ...ended.map(({ until }) => until)];
    return ends.some((end) => {
      const chance = end === undefined || end > now ? undefined : firstChance(name, end);
      return chance !== undefined && now < chance;
    });
  };

  return {
    configure(windows, groups) {
      configured = windows.map((window) => ({ window, stateAt: cached(compileTimes(window.times)) }));
      groupsOf = membership(groups);
    },
    covers(subject) {
      const started = manual.list();
      if (configured.length === 0 && started.length === 0 && manual.ended().length === 0) return undefined;
      const own = configured.filter(({ window }) => includes(window, subject));
      const byHand = started.some((window) => includes(window, subject));
      const ended = manual.ended().filter((window) => includes(window, subject));
      if (own.length === 0 && !byHand && ended.length === 0) return undefined;
      const now = clock.now();
      if (byHand || own.some(({ stateAt }) => stateAt(now).open)) return true;
      if (awaitsFirstRun(subject, own, ended, now)) return true;
      return own.length === 0 ? undefined : false;
    },
    list: () => ({
      windows: configured.map(({ window, stateAt }) => {
        const { name, targets, heartbeats, groups } = window;
        return { name, targets, heartbeats, groups, ...stateAt(clock.now()) };
      }),
      manual: manual.list(),
    }),
    start: ({ kind, name, lasting }) => manual.start(kind, name, after(clock.now(), lasting)),
    end: (id) => manual.end(id),
  };
}

/** Caches a window's state until it may change, because every probe result asks for it. */
function cached(stateAt: WindowStateAt): WindowStateAt {
  let computedAt: Timestamp | undefined;
  let state: WindowState = { open: false };
  return (now) => {
    const valid =
      computedAt !== undefined && now >= computedAt && (state.until === undefined || now < state.until);
    if (valid) return state;
    computedAt = now;
    state = stateAt(now);
    return state;
  };
}

/** Indexes groups by member; the result returns all groups that contain a subject, directly or through other groups. */
function membership(
  groups: ReadonlyMap<string, Group>,
): (subject: MaintenanceSubject) => ReadonlySet<string> {
  const parents = new Map<string, Set<string>>();
  const keyOf = (kind: string, name: string): string => `${kind} ${name}`;
  for (const group of groups.values()) {
    for (const { kind, name } of group.members) {
      const known = parents.get(keyOf(kind, name)) ?? new Set();
      parents.set(keyOf(kind, name), known.add(group.name));
    }
  }
  return ({ kind, name }) => {
    const all = new Set<string>();
    const visit = (key: string): void => {
      for (const parent of parents.get(key) ?? []) {
        if (all.has(parent)) continue;
        all.add(parent);
        visit(keyOf("group", parent));
      }
    };
    visit(keyOf(kind, name));
    return all;
  };
}
