import type { StateStore } from "../../core/memory.ts";
import { elapsed, seconds, type Timestamp } from "../../core/units.ts";
import type { AlertState, DoubtTimes } from "./alert-state.ts";
import { restoreAlerts, type StoredAlert } from "./stored-alerts.ts";
import type { LastEvent } from "./subject.ts";

/** The alerts of a relay by subject, and what its receiver was last told about each subject; persisted and bounded. */
export interface AlertStore {
  /** Returns the states of all alerts about a subject, by fingerprint. */
  statesOf(subject: string): ReadonlyMap<string, AlertState>;
  lastEvent(subject: string): LastEvent | undefined;
  /** Assigns a known alert to the subject that it is about by the present configuration. */
  assign(fingerprint: string, subject: string): void;
  put(subject: string, fingerprint: string, state: AlertState): void;
  putLastEvent(subject: string, last: LastEvent): void;
  /** Returns the subjects and times of doubtful alerts. */
  doubts(): readonly ({ readonly subject: string } & DoubtTimes)[];
}

/** How long an alert that does not fire is remembered. */
const RESOLVED_RETENTION = seconds(30 * 86_400);

/** How long an alert that fires is remembered without a mention: longer than a `repeat_interval` of a year. */
const FIRING_RETENTION = seconds(400 * 86_400);

/** Most alerts remembered. Beyond it those that do not fire are dropped first, then the longest unmentioned. */
const MAX_ALERTS = 50_000;

/** Writes between two prunings. */
const PRUNE_INTERVAL = 1_000;

interface SubjectEntry {
  last?: LastEvent;
  readonly fingerprints: Set<string>;
}

/**
 * Restores the alerts of the previous run.
 * @param store used for nothing else
 */
export function createAlertStore(store: StateStore, now: () => Timestamp): AlertStore {
  const { alerts, unassigned, lastEvents } = restoreAlerts(store);
  const subjects = new Map<string, SubjectEntry>();
  const doubtful = new Set<string>();
  let writes = 0;

  const entryOf = (subject: string): SubjectEntry => {
    const entry = subjects.get(subject) ?? { fingerprints: new Set() };
    subjects.set(subject, entry);
    return entry;
  };

  const index = (fingerprint: string, { subject, state }: StoredAlert): void => {
    entryOf(subject).fingerprints.add(fingerprint);
    if (state.phase === "doubtful") doubtful.add(fingerprint);
    else doubtful.delete(fingerprint);
  };

  const forget = (fingerprint: string, { subject }: StoredAlert): void => {
    alerts.delete(fingerprint);
    doubtful.delete(fingerprint);
    store.delete(`alert/${fingerprint}`);
    const { fingerprints } = entryOf(subject);
    fingerprints.delete(fingerprint);
    if (fingerprints.size > 0) return;
    subjects.delete(subject);
    store.delete(`subject/${subject}`);
  };

  const prune = (): void => {
    const at = now();
    const worstFirst = [...alerts].toSorted(
      ([, { state: a }], [, { state: b }]) =>
        Number(b.phase === "resolved") - Number(a.phase === "resolved") || a.seenAt - b.seenAt,
    );
    const excess = worstFirst.length - MAX_ALERTS;
    for (const [i, [fingerprint, stored]] of worstFirst.entries()) {
      const { phase, seenAt } = stored.state;
      const retention = phase === "resolved" ? RESOLVED_RETENTION : FIRING_RETENTION;
      if (i < excess || elapsed(seenAt, at) >= retention) forget(fingerprint, stored);
    }
    for (const [fingerprint, { state }] of unassigned) {
      if (elapsed(state.seenAt, at) < FIRING_RETENTION) continue;
      unassigned.delete(fingerprint);
      store.delete(fingerprint);
    }
  };

  for (const [fingerprint, stored] of alerts) index(fingerprint, stored);
  for (const [subject, last] of lastEvents) {
    const entry = subjects.get(subject);
    if (entry === undefined) store.delete(`subject/${subject}`);
    else entry.last = last;
  }
  prune();

  const put = (subject: string, fingerprint: string, state: AlertState): void => {
    const stored = { subject, state };
    alerts.set(fingerprint, stored);
    store.put(`alert/${fingerprint}`, stored);
    index(fingerprint, stored);
    writes += 1;
    if (writes % PRUNE_INTERVAL === 0) prune();
  };

  const putLastEvent = (subject: string, last: LastEvent): void => {
    entryOf(subject).last = last;
    store.put(`subject/${subject}`, last);
  };

  return {
    statesOf(subject) {
      const states = new Map<string, AlertState>();
      for (const fingerprint of subjects.get(subject)?.fingerprints ?? []) {
        const stored = alerts.get(fingerprint);
        if (stored !== undefined) states.set(fingerprint, stored.state);
      }
      return states;
    },
    lastEvent: (subject) => subjects.get(subject)?.last,
    assign(fingerprint, subject) {
      const known = alerts.get(fingerprint);
      if (known?.subject === subject) return;
      const old = unassigned.get(fingerprint);
      const state = known?.state ?? old?.state;
      if (state === undefined) return;
      const last = known === undefined ? old?.last : subjects.get(known.subject)?.last;
      if (known !== undefined) forget(fingerprint, known);
      if (unassigned.delete(fingerprint)) store.delete(fingerprint);
      put(subject, fingerprint, state);
      // The receiver knows this subject, by another name or as an alert, to be offline.
      const isOffline = subjects.get(subject)?.last?.status === "offline";
      const lane = last?.lane ?? known?.subject ?? fingerprint;
      if (last !== undefined && !isOffline) putLastEvent(subject, { ...last, lane });
    },
    put,
    putLastEvent,
    doubts: () =>
      Array.from(doubtful).flatMap((fingerprint) => {
        const { subject, state } = alerts.get(fingerprint) ?? {};
        return subject !== undefined && state?.phase === "doubtful"
          ? [{ subject, resumedAt: state.resumedAt, decideAt: state.decideAt }]
          : [];
      }),
  };
}
