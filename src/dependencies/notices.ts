import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { readEventFacts } from "../core/event-facts.ts";
import type { PastEvent } from "../core/history.ts";
import type { StateStore } from "../core/memory.ts";
import { seconds } from "../core/units.ts";

/** The subjects whose events can be withheld. */
type SubjectKind = "target" | "heartbeat";

/** An event that waits. */
interface Withheld {
  readonly event: PastEvent;
  /** The state of its subject that was told last. */
  readonly told?: string;
}

/** The events that people are told, without those whose cause is told already. */
export interface Notices {
  /** Calls `listener` with each event that is to be told, until the returned function is called. */
  subscribe(listener: (event: PastEvent) => void): () => void;
  stop(): void;
}

/** Dependencies of {@link createNotices}. */
export interface NoticesDeps {
  readonly clock: Clock;
  /** Persists the events that are withheld. */
  readonly store: StateStore;
  /** All events. */
  readonly events: { subscribe(listener: (event: PastEvent) => void): () => void };
  /** Reports whether a new event that a target or heartbeat is down is to wait. */
  readonly waits: (kind: SubjectKind, name: string) => boolean;
  /** Returns what to do with an event that waits; `drop` if its subject is gone. */
  readonly verdict: (kind: SubjectKind, name: string) => "wait" | "tell" | "drop";
}

/** How often events that wait are looked at. */
const LOOK_INTERVAL = seconds(1);

/** States that are told at once. */
const GOOD: ReadonlySet<string | undefined> = new Set(["healthy", "up"]);

/**
 * Withholds events that a target or heartbeat is down while it waits for what it depends on, and tells the newest of them when
 * that is over, if it still differs from what was told last. Everything else passes. Restores what the previous run withheld.
 */
export function createNotices({ clock, store, events, waits, verdict }: NoticesDeps): Notices {
  const listeners = new Set<(event: PastEvent) => void>();
  const withheld = new Map<string, Withheld>();
  for (const [key, value] of Array.from(store.entries())) {
    const restored = readWithheld(value);
    if (restored === undefined) store.delete(key);
    else withheld.set(key, restored);
  }

  const tell = (event: PastEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const put = (key: string, one: Withheld): void => {
    withheld.set(key, one);
    store.put(key, one);
  };
  const drop = (key: string): void => {
    withheld.delete(key);
    store.delete(key);
  };

  const admit = (event: PastEvent): void => {
    // What is over need not be told.
    if (event.kind === "mode" && event.to === "primary") drop(`overdue/${event.subject}`);
    const kind = subjectKind(event);
    if (kind === undefined) return tell(event);
    const key = `${event.kind}/${event.subject}`;
    const earlier = withheld.get(key);
    if (earlier !== undefined) {
      if (!GOOD.has(event.to)) return put(key, { ...earlier, event });
      drop(key);
      if (event.to === earlier.told) return;
    }
    if (GOOD.has(event.to) || !waits(kind, event.subject)) return tell(event);
    put(key, { event, ...defined({ told: event.from }) });
  };

  const release = (): void => {
    for (const [key, { event, told }] of Array.from(withheld)) {
      const kind = subjectKind(event);
      const next = kind === undefined ? "drop" : verdict(kind, event.subject);
      if (next === "wait") continue;
      drop(key);
      const { blockedBy: _over, ...facts } = event;
      if (next === "tell" && (event.kind === "overdue" || event.to !== told)) tell(facts);
    }
    cancel = clock.after(LOOK_INTERVAL, release);
  };
  let cancel = clock.after(LOOK_INTERVAL, release);
  const unsubscribe = events.subscribe(admit);

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      cancel();
      unsubscribe();
    },
  };
}

/** Returns the kind of subject of an event that can be withheld. A mode never is: applications follow it. */
function subjectKind({ kind }: PastEvent): SubjectKind | undefined {
  switch (kind) {
    case "health":
    case "status":
    case "overdue":
      return "target";
    case "heartbeat":
      return "heartbeat";
    case "mode":
    case "forced":
    case "force_ended":
    case "group":
    case "component":
    case "reload":
    case "certificate":
    case "budget":
    case "route":
      return undefined;
  }
}

/** Reads what another run withheld, perhaps of another version. */
function readWithheld(value: unknown): Withheld | undefined {
  if (typeof value !== "object" || value === null || !("event" in value)) return undefined;
  const facts = readEventFacts(value.event);
  const id = (value.event as { readonly id?: unknown }).id;
  if (facts === undefined || typeof id !== "number") return undefined;
  return {
    event: { ...facts, id },
    ...("told" in value && typeof value.told === "string" ? { told: value.told } : {}),
  };
}
