import type { Clock } from "../core/clock.ts";
import type { Group } from "../core/group.ts";
import type { Coverage, MaintenanceWindow } from "../core/maintenance.ts";
import type { StateStore } from "../core/memory.ts";
import { matchesPattern } from "../core/names.ts";
import { after, type Seconds, type Timestamp } from "../core/units.ts";
import { createManualWindows, type ManualWindow } from "./manual.ts";
import { openingOf, type WindowState } from "./times.ts";

/** What a window can be about, in the end. */
export interface MaintenanceSubject {
  readonly kind: "target" | "heartbeat";
  readonly name: string;
}

/** A window, as it is shown. */
export interface WindowView extends Coverage {
  readonly name: string;
  readonly open: boolean;
  /** When that changes, if it does. */
  readonly until?: Timestamp;
}

/** What may be started by hand. */
export interface ManualRequest {
  readonly kind: MaintenanceSubject["kind"] | "group";
  readonly name: string;
  readonly lasting: Seconds;
}

/** When failures are expected. */
export interface Maintenance {
  configure(windows: readonly MaintenanceWindow[], groups: ReadonlyMap<string, Group>): void;
  /** Whether it is worked on now; `undefined` where no window is about it at all. */
  covers(subject: MaintenanceSubject): boolean | undefined;
  list(): { readonly windows: readonly WindowView[]; readonly manual: readonly ManualWindow[] };
  /** Begins a window by hand; `undefined` when there are too many. */
  start(request: ManualRequest): ManualWindow | undefined;
  /** Ends one; tells whether there was one. */
  end(id: string): boolean;
}

interface Configured {
  readonly window: MaintenanceWindow;
  readonly opening: (now: Timestamp) => WindowState;
}

/** @param shelf for what is started by hand: it outlives restarts */
export function createMaintenance(clock: Clock, shelf: StateStore): Maintenance {
  const manual = createManualWindows(clock, shelf);
  let configured: readonly Configured[] = [];
  /** The groups of each member, those of its groups included. */
  let groupsOf: (subject: MaintenanceSubject) => ReadonlySet<string> = () => new Set();

  const isAbout = (coverage: Coverage, subject: MaintenanceSubject): boolean => {
    const names = subject.kind === "target" ? coverage.targets : coverage.heartbeats;
    if (names.some((pattern) => matchesPattern(pattern, subject.name))) return true;
    if (coverage.groups.length === 0) return false;
    const groups = groupsOf(subject);
    return coverage.groups.some((name) => groups.has(name));
  };

  return {
    configure(windows, groups) {
      configured = windows.map((window) => ({ window, opening: remembering(openingOf(window.times)) }));
      groupsOf = membership(groups);
    },
    covers(subject) {
      const started = manual.list();
      if (configured.length === 0 && started.length === 0) return undefined;
      const own = configured.filter(({ window }) => isAbout(window, subject));
      const byHand = started.some((one) => isAbout(one, subject));
      if (own.length === 0 && !byHand) return undefined;
      const now = clock.now();
      return byHand || own.some(({ opening }) => opening(now).open);
    },
    list: () => ({
      windows: configured.map(({ window, opening }) => {
        const { name, targets, heartbeats, groups } = window;
        return { name, targets, heartbeats, groups, ...opening(clock.now()) };
      }),
      manual: manual.list(),
    }),
    start: ({ kind, name, lasting }) => manual.start(kind, name, after(clock.now(), lasting)),
    end: (id) => manual.end(id),
  };
}

/** Asks again only when the answer can have changed: each result of a probe asks. */
function remembering(opening: (now: Timestamp) => WindowState): (now: Timestamp) => WindowState {
  let asked: Timestamp | undefined;
  let answer: WindowState = { open: false };
  return (now) => {
    const fresh = asked !== undefined && now >= asked && (answer.until === undefined || now < answer.until);
    if (fresh) return answer;
    asked = now;
    answer = opening(now);
    return answer;
  };
}

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
