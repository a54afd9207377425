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

/** One machine of a simulation. */
export interface Replica {
  readonly identity: string;
  /** How fast its clock runs, 1 being the truth, and how far its wall clock is off in seconds. */
  readonly rate: number;
  readonly skew: number;
  readonly startsAt: number;
  /** Loses its memory and starts anew then, under the same name. */
  readonly crashesAt?: number;
  /** Never comes back after this. */
  readonly diesAt?: number;
}

export interface Simulation {
  readonly duration: number;
  readonly replicas: readonly Replica[];
  /** From 0 to 1, as many as are asked for. */
  readonly random: () => number;
  /** The network is bad until then; afterwards nothing is lost. */
  readonly badUntil: number;
  readonly until: number;
}

interface Interval {
  readonly replica: number;
  readonly from: number;
  to: number;
}

/** After how long of its own time a replica gives a call up; what it sent may arrive later all the same. */
const PATIENCE = 5;

/** Runs machines against one Lease in true time, and tells when each believed that it leads. */
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

  /** What the server does the moment a request arrives. */
  const serve = (effect: Exclude<LeaseEffect, { kind: "wait" }>): Happening => {
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
    let believing: Interval | undefined;
    const note = (): void => {
      const { leadsUntil } = state;
      if (believing !== undefined) believing.to = Math.min(believing.to, time);
      believing = undefined;
      if (leadsUntil === undefined || !leadsAt(state, moment().at)) return;
      believing = { replica: i, from: time, to: Math.min(diesAt, startsAt + leadsUntil / rate) };
      intervals.push(believing);
    };
    const handle = (event: LeaseEvent, mine: number): void => {
      if (mine !== life || time >= diesAt) return;
      const { next, effect } = step(state, event, policy);
      state = next;
      note();
      if (effect.kind === "wait") {
        const lasting = effect.jitter ? effect.lasting * (1 - 0.4 * random()) : effect.lasting;
        plan(time + lasting / rate, () => handle({ kind: "due", ...moment() }, mine));
        return;
      }
      const bad = time < badUntil;
      const there = bad ? random() ** 4 * 40 : 0.01;
      const back = bad ? random() ** 4 * 40 : 0.01;
      let open = true;
      const answer = (happening: Happening): void => {
        if (!open) return;
        open = false;
        handle({ ...happening, ...moment() }, mine);
      };
      plan(time + PATIENCE / rate, () => answer({ kind: "failed" }));
      if (bad && random() < 0.15) return;
      plan(time + there, () => {
        const happening = serve(effect);
        if (bad && random() < 0.15) return;
        plan(time + back, () => answer(happening));
      });
    };
    plan(startsAt, () => handle({ kind: "due", ...moment() }, 0));
    if (crashesAt !== undefined && crashesAt > startsAt) {
      plan(crashesAt, () => {
        life += 1;
        state = {};
        note();
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

type Happening =
  | { readonly kind: "found" | "written"; readonly record: LeaseRecord }
  | { readonly kind: "absent" | "conflict" | "failed" };
