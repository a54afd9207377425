import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { visible } from "../core/escape.ts";
import type { EventFacts, EventKind } from "../core/history.ts";
import { isObject } from "../core/json-object.ts";
import type { Log } from "../core/log.ts";
import type { StateStore } from "../core/memory.ts";
import { type Standing, TARGET_STATUSES, type TargetStatus } from "../core/status.ts";
import type { Steps } from "../core/steps.ts";
import { isTimestamp, type Timestamp } from "../core/units.ts";

/** The kinds of subjects with a status, and the kind of event that each change of it is. */
const KINDS = { target: "status", group: "group", component: "component" } as const satisfies Record<
  string,
  EventKind
>;
/** A kind of subject with a status. */
export type SubjectKind = keyof typeof KINDS;

/** Kinds of subjects whose last status is kept. Changes of heartbeats are told elsewhere. */
export type KeptKind = SubjectKind | "heartbeat";

/** The last status of a subject with its times, which are unknown if an older version has stored it. */
export interface LastStatus {
  readonly status: TargetStatus;
  readonly since?: Timestamp;
  /** When the exporter first knew the subject. */
  readonly knownSince?: Timestamp;
}

/** The last status of each subject, kept over restarts, so that each change is an event and a line of the log once. */
export interface Statuses {
  /** Returns the last status of a subject; `undefined` for a new one. */
  last(kind: SubjectKind, name: string): TargetStatus | undefined;
  /** Returns the last status of a subject and since when it has it. */
  period(kind: KeptKind, name: string): LastStatus | undefined;
  /** Sets the last status of a subject, if it differs, without an event. */
  observe(kind: KeptKind, name: string, status: TargetStatus, at: Timestamp): void;
  /** Sets the last status of a new subject, which is no change. */
  introduce(kind: SubjectKind, name: string, status: TargetStatus): void;
  /** Sets the last status of a subject. Records and logs the change if it differs, and returns whether it does. */
  tell(kind: SubjectKind, name: string, standing: Standing): boolean;
  forget(kind: KeptKind, name: string): void;
  /** Forgets the subjects of one kind that are not in `names`. */
  retain(kind: KeptKind, names: { has(name: string): boolean }): Steps<void>;
}

export interface StatusesDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: StateStore;
  readonly record: (event: EventFacts) => void;
}

/** Creates the statuses with those that the previous run stored. */
export function createStatuses({ clock, log, store, record }: StatusesDeps): Statuses {
  const period: Statuses["period"] = (kind, name) => readStored(store.get(keyOf(kind, name)));
  const last: Statuses["last"] = (kind, name) => period(kind, name)?.status;
  const put = (kind: KeptKind, name: string, status: TargetStatus, since: Timestamp): void => {
    const known = period(kind, name);
    // An older version has known the subject for longer than this one.
    store.put(keyOf(kind, name), { status, since, knownSince: known?.knownSince ?? since });
  };
  return {
    last,
    period,
    observe(kind, name, status, at) {
      if (period(kind, name)?.status !== status) put(kind, name, status, at);
    },
    introduce(kind, name, status) {
      if (last(kind, name) === undefined) put(kind, name, status, clock.now());
    },
    tell(kind, name, standing) {
      const from = last(kind, name);
      const { status: to, cause, detail } = standing;
      if (from === to) return false;
      put(kind, name, to, clock.now());
      if (from === undefined) return false;
      logChange(log, kind, name, from, standing);
      record({ kind: KINDS[kind], at: clock.now(), subject: name, from, to, ...defined({ cause, detail }) });
      return true;
    },
    forget: (kind, name) => store.delete(keyOf(kind, name)),
    *retain(kind, names) {
      const prefix = keyOf(kind, "");
      for (const [key] of store.entries()) {
        if (key.startsWith(prefix) && !names.has(key.slice(prefix.length))) store.delete(key);
        yield;
      }
    },
  };
}

/** Reads what this or an older version has stored, which stored only the status. */
function readStored(value: unknown): LastStatus | undefined {
  const fields = isObject(value) ? value : { status: value };
  const status = TARGET_STATUSES.find((one) => one === fields["status"]);
  if (status === undefined) return undefined;
  const timeOf = (time: unknown): Timestamp | undefined => (isTimestamp(time) ? time : undefined);
  return {
    status,
    ...defined({ since: timeOf(fields["since"]), knownSince: timeOf(fields["knownSince"]) }),
  };
}

const keyOf = (kind: KeptKind, name: string): string => `${kind}/${name}`;

function logChange(
  log: Log,
  kind: SubjectKind,
  name: string,
  from: TargetStatus,
  { status, cause, detail, quotation, blockedBy }: Standing,
): void {
  const text = detail ?? quotation;
  const fields = {
    [kind]: name,
    from,
    // The text comes from elsewhere: it must not imitate lines of the log.
    ...defined({
      reason: cause,
      detail: text === undefined || text === "" ? undefined : visible(text),
      blocked_by: blockedBy,
    }),
  };
  const message = `${kind} is ${status}`;
  if (isRecovery(from, status)) log.info(fields, message);
  else log.warn(fields, message);
}

/** Reports whether a change is for the better. Unknown is never better than what was known. */
const isRecovery = (from: TargetStatus, to: TargetStatus): boolean =>
  to === "healthy" || (to === "degraded" && from === "unhealthy");
