import type { LeaseRecord, LeaseSpec } from "../../src/core/lease.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import {
  type LeaseEffect,
  type LeaseEvent,
  type LeasePolicy,
  type LeaseState,
  leadsAt,
  step,
} from "../../src/leadership/machine.ts";

/** One replica of a simulation. */
export interface Replica {
  readonly identity: string;
  /** Rate of its clocks; 1 is exact. */
  readonly rate: number;
  /** Offset of its wall clock, in seconds. */
  readonly skew: number;
  readonly startsAt: number;
  /** When it restarts without its state, with the same identity. */
  readonly crashesAt?: number;
  /** When it ends for good. */
  readonly diesAt?: number;
}

/** The input of {@link simulate}. All times are true times, in seconds. */
export interface Simulation {
  readonly duration: number;
  readonly replicas: readonly Replica[];
  /** Returns numbers from 0 to 1. */
  readonly random: () => number;
  /** Until when the network loses and delays messages. */
  readonly badUntil: number;
  readonly until: number;
}

interface Interval {
  readonly replica: number;
  readonly from: number;
  to: number;
}

/** Timeout of a call by the replica's own clock. The request may still arrive after it. */
const CALL_TIMEOUT = 5;

/** Simulates replicas that share one Lease; returns the intervals in which each considered itself the leader. */
export function simulate({ duration, replicas, random, badUntil, until }: Simulation): {
  readonly intervals: readonly Interval[];
  readonly lease: () => LeaseRecord | undefined;
} {
  const queue: { at: number; order: number; run: () => void }[] = [];
  let order = 0;
  let time = 0;
  let stored: LeaseRecord | undefined;
  let version = 0;
  const intervals: Interval[] = [];
  const plan = (at: number, run: () => void): void => void queue.push({ at, order: (order += 1), run });
  const store = (spec: LeaseSpec): LeaseRecord => {
    stored = { ...spec, version: String((version += 1)), object: {} };
    return stored;
  };

  /** Handles a request when it arrives at the server. */
  const serve = (effect: Exclude<LeaseEffect, { kind: "wait" }>): Outcome => {
    switch (effect.kind) {
      case "read":
        return stored === undefined ? { kind: "absent" } : { kind: "found", record: stored };
      case "create":
        return stored === undefined ? { kind: "written", record: store(effect.spec) } : { kind: "conflict" };
      case "update":
        if (stored === undefined) return { kind: "absent" };
        return stored.version === effect.record.version
          ? { kind: "written", record: store(effect.spec) }
          : { kind: "conflict" };
    }
  };

  for (const [i, { identity, rate, skew, startsAt, crashesAt, diesAt = Infinity }] of replicas.entries()) {
    const policy: LeasePolicy = {
      identity,
      duration: seconds(duration),
      renewInterval: seconds(duration / 3),
    };
    let state: LeaseState = {};
    let life = 0;
    const moment = () => ({
      at: seconds((time - startsAt) * rate),
      now: timestamp(1_757_943_000 + time * rate + skew),
    });
    let leading: Interval | undefined;
    const recordLeadership = (): void => {
      const { leadsUntil } = state;
      if (leading !== undefined) leading.to = Math.min(leading.to, time);
      leading = undefined;
      if (leadsUntil === undefined || !leadsAt(state, moment().at)) return;
      leading = { replica: i, from: time, to: Math.min(diesAt, startsAt + leadsUntil / rate) };
      intervals.push(leading);
    };
    const handle = (event: LeaseEvent, eventLife: number): void => {
      if (eventLife !== life || time >= diesAt) return;
      const { next, effect } = step(state, event, policy);
      state = next;
      recordLeadership();
      if (effect.kind === "wait") {
        const lasting = effect.jitter ? effect.lasting * (1 - 0.4 * random()) : effect.lasting;
        plan(time + lasting / rate, () => handle({ kind: "due", ...moment() }, eventLife));
        return;
      }
      const bad = time < badUntil;
      const requestDelay = bad ? random() ** 4 * 40 : 0.01;
      const replyDelay = bad ? random() ** 4 * 40 : 0.01;
      let open = true;
      const answer = (outcome: Outcome): void => {
        if (!open) return;
        open = false;
        handle({ ...outcome, ...moment() }, eventLife);
      };
      plan(time + CALL_TIMEOUT / rate, () => answer({ kind: "failed" }));
      if (bad && random() < 0.15) return;
      plan(time + requestDelay, () => {
        const outcome = serve(effect);
        if (bad && random() < 0.15) return;
        plan(time + replyDelay, () => answer(outcome));
      });
    };
    plan(startsAt, () => handle({ kind: "due", ...moment() }, 0));
    if (crashesAt !== undefined && crashesAt > startsAt) {
      plan(crashesAt, () => {
        life += 1;
        state = {};
        recordLeadership();
        handle({ kind: "due", ...moment() }, life);
      });
    }
  }

  while (queue.length > 0) {
    queue.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = queue.shift();
    if (next === undefined || next.at > until) break;
    time = next.at;
    next.run();
  }
  return { intervals, lease: () => stored };
}

type Outcome =
  | { readonly kind: "found" | "written"; readonly record: LeaseRecord }
  | { readonly kind: "absent" | "conflict" | "failed" };
