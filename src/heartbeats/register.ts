import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import type { PushHeartbeat, PushSetup } from "../core/push-heartbeat.ts";
import type { Secret } from "../core/secret.ts";
import { after, formatDuration, seconds, type Timestamp, timestamp } from "../core/units.ts";
import { type Bodies, createBodies } from "./bodies.ts";
import { createDeadlineQueue } from "./deadlines.ts";
import {
  deadline,
  initialState,
  type PingKind,
  type PushEffect,
  type PushEvent,
  type PushState,
  step,
} from "./machine.ts";
import { type RegistrationProblem, refusalOf, registeredAs } from "./registration.ts";
import { createSteadyClock } from "./steady-clock.ts";
import { createNumbers, onClock, recall, type StoredHeartbeat } from "./stored.ts";
import { type PushView, titleOf, viewOf } from "./view.ts";

/** All heartbeats by push, configured and registered. */
export interface Register {
  /** Takes over a configuration: what keeps its name keeps its state. */
  configure(setup: PushSetup): void;
  has(name: string): boolean;
  /** What a ping of that name has to show, known or not; `undefined` where anybody may. */
  tokenOf(name: string): Secret | undefined;
  /** One of the tokens in use, if there is any: where names need one, an unknown name must not be told from a known. */
  anyToken(): Secret | undefined;
  /** Whether a first ping can make a heartbeat known. */
  takesNew(): boolean;
  /** Makes a heartbeat known, if it may be. */
  admit(name: string): RegistrationProblem | undefined;
  /** Counts a ping of one that is known. */
  ping(name: string, ping: PingKind, rid?: string): void;
  /** All that are known, each as it is when its turn comes. */
  list(): Iterable<PushView>;
  find(name: string): PushView | undefined;
  readonly bodies: Bodies;
  stop(): void;
}

export interface RegisterDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  /** Called for each effect, in order, after the state has changed. */
  readonly report: (heartbeat: PushView, effect: PushEffect) => void;
}

interface Entry {
  heartbeat: PushHeartbeat;
  registered: boolean;
  readonly id: number;
  state: PushState;
}

/** All last bodies together, in bytes. */
const MOST_BODIES = 16 * 1024 * 1024;

export function createRegister({ clock, log, memory, report }: RegisterDeps): Register {
  const shelf = memory.namespace("heartbeats");
  const steady = createSteadyClock(clock);
  const bodies = createBodies(MOST_BODIES);
  const entries = new Map<string, Entry>();
  /** What is remembered and has found no place yet. */
  let stored = recall(shelf, log);
  const nextId = createNumbers(
    memory,
    Array.from(stored.values(), ({ id }) => id),
  );
  let setup: PushSetup | undefined;
  let registeredCount = 0;
  let saidFull = false;

  const put = (entry: Entry): void => {
    const { id, registered, state } = entry;
    shelf.put(entry.heartbeat.name, {
      id,
      registered,
      state: onClock(state, steady.ahead()),
    } satisfies StoredHeartbeat);
  };

  const apply = (entry: Entry, event: PushEvent): void => {
    const before = entry.state;
    const { next, effects } = step(before, event, entry.heartbeat);
    if (next !== before) {
      entry.state = next;
      put(entry);
    }
    for (const effect of effects) report(viewOf(entry, steady.now(), steady.ahead()), effect);
    expect(entry);
  };

  /** When somebody has to look at the entry again. */
  const dueOf = ({ state, heartbeat, registered }: Entry): Timestamp | undefined => {
    const offline = deadline(state, heartbeat);
    const expiry =
      registered && setup?.registration !== undefined
        ? after(state.heardAt, setup.registration.expireAfter)
        : undefined;
    if (offline === undefined || expiry === undefined) return offline ?? expiry;
    return offline < expiry ? offline : expiry;
  };

  const expect = (entry: Entry): void => {
    const due = dueOf(entry);
    if (due !== undefined) agenda.expect(entry, due);
  };

  const agenda = createDeadlineQueue<Entry>({
    clock,
    now: () => steady.now(),
    lookAt(due) {
      const every = setup?.checkInterval;
      const { startedAt } = steady;
      return every === undefined ? due : timestamp(startedAt + Math.ceil((due - startedAt) / every) * every);
    },
    visit(entry, now) {
      apply(entry, { kind: "tick", at: now });
      expire(entry, now);
    },
  });

  const expire = (entry: Entry, now: Timestamp): void => {
    const registration = setup?.registration;
    if (!entry.registered || registration === undefined) return;
    const { expireAfter } = registration;
    if (now < after(entry.state.heardAt, expireAfter)) return;
    forget(entry);
    log.warn(
      { heartbeat: entry.heartbeat.name },
      `${titleOf(entry)} expired: no ping for ${formatDuration(expireAfter)}`,
    );
  };

  const forget = (entry: Entry): void => {
    const { name } = entry.heartbeat;
    entries.delete(name);
    agenda.drop(entry);
    shelf.delete(name);
    bodies.delete(name);
    if (entry.registered) registeredCount -= 1;
    saidFull = false;
  };

  const enter = (heartbeat: PushHeartbeat, registered: boolean, known?: StoredHeartbeat): Entry => {
    const state =
      known === undefined ? initialState(steady.now()) : onClock(known.state, seconds(-steady.ahead()));
    const entry: Entry = { heartbeat, registered, id: known?.id ?? nextId(), state };
    entries.set(heartbeat.name, entry);
    if (registered) registeredCount += 1;
    if (known === undefined) put(entry);
    else apply(entry, { kind: "restored", at: steady.now(), downFor: memory.downFor });
    expect(entry);
    return entry;
  };

  const configure = (next: PushSetup): void => {
    setup = next;
    const configured = new Set(next.heartbeats.map(({ name }) => name));
    for (const heartbeat of next.heartbeats) {
      const entry = entries.get(heartbeat.name);
      if (entry === undefined) enter(heartbeat, false, stored.get(heartbeat.name));
      else adopt(entry, heartbeat, false);
    }
    for (const entry of entries.values()) {
      const { name } = entry.heartbeat;
      if (configured.has(name)) continue;
      if (entry.registered && next.registration !== undefined)
        adopt(entry, registeredAs(name, next.registration), true);
      else {
        forget(entry);
        log.info({ heartbeat: name }, `${titleOf(entry)} is no longer configured and forgotten`);
      }
    }
    for (const [name, one] of stored) {
      if (configured.has(name)) continue;
      if (one.registered && next.registration !== undefined)
        enter(registeredAs(name, next.registration), true, one);
      else {
        shelf.delete(name);
        log.info({ heartbeat: name, id: one.id }, "a heartbeat is no longer configured and forgotten");
      }
    }
    stored = new Map();
  };

  const adopt = (entry: Entry, heartbeat: PushHeartbeat, registered: boolean): void => {
    if (entry.registered && !registered) registeredCount -= 1;
    const changed = entry.registered !== registered;
    entry.registered = registered;
    entry.heartbeat = heartbeat;
    if (changed) put(entry);
    // Under another timeout another time is due, which may have come already.
    apply(entry, { kind: "tick", at: steady.now() });
  };

  const admit = (name: string): RegistrationProblem | undefined => {
    const registration = setup?.registration;
    if (registration === undefined) return { reason: "name", wanted: "a configured name" };
    const refusal = refusalOf(name, registration, registeredCount);
    if (refusal === undefined) {
      const entry = enter(registeredAs(name, registration), true);
      log.info({ heartbeat: name }, `${titleOf(entry)} registered`);
    } else if (refusal.reason === "full" && !saidFull) {
      saidFull = true;
      log.warn({ heartbeat: name }, `a heartbeat cannot register: there may be ${refusal.wanted}`);
    }
    return refusal;
  };

  return {
    configure,
    admit,
    bodies,
    has: (name) => entries.has(name),
    tokenOf: (name) => entries.get(name)?.heartbeat.token ?? setup?.registration?.token,
    anyToken: () =>
      setup?.registration?.token ?? setup?.heartbeats.find(({ token }) => token !== undefined)?.token,
    takesNew: () => setup?.registration !== undefined,
    ping(name, ping, rid) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      apply(entry, {
        kind: "ping",
        ping,
        at: steady.now(),
        seen: clock.now(),
        ...defined({ rid }),
      });
    },
    *list() {
      const [now, offset] = [steady.now(), steady.ahead()];
      for (const entry of entries.values()) yield viewOf(entry, now, offset);
    },
    find(name) {
      const entry = entries.get(name);
      return entry === undefined ? undefined : viewOf(entry, steady.now(), steady.ahead());
    },
    stop: () => agenda.stop(),
  };
}
