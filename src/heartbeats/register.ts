import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import type { Presence } from "../core/presence.ts";
import type { PushHeartbeat, PushSetup } from "../core/push-heartbeat.ts";
import type { Secret } from "../core/secret.ts";
import { after, formatDuration, seconds, type Timestamp, timestamp } from "../core/units.ts";
import { type Bodies, createBodies } from "./bodies.ts";
import { createDeadlineQueue } from "./deadlines.ts";
import { changeFacts, type FactProblem, type HeartbeatFacts, NO_FACTS } from "./facts.ts";
import { deadline, step } from "./machine.ts";
import {
  initialState,
  type PingKind,
  type PushEffect,
  type PushEvent,
  type PushState,
} from "./push-state.ts";
import { checkRegistration, type RegistrationProblem, registeredHeartbeat } from "./registration.ts";
import { firstChanceAfter, policyOf } from "./schedule.ts";
import { createSteadyClock } from "./steady-clock.ts";
import { createIdGenerator, restoreHeartbeats, type StoredHeartbeat, shiftTimes } from "./stored.ts";
import { type PushView, titleOf, viewOf } from "./view.ts";

/** All push heartbeats, configured and registered. */
export interface Register {
  /** Applies a configuration. Heartbeats whose name stays the same keep their state. */
  configure(setup: PushSetup): void;
  has(name: string): boolean;
  /** Returns the token that pings of `name` must present, whether the heartbeat exists or not; `undefined` if none is needed. */
  tokenOf(name: string): Secret | undefined;
  /** Returns any configured token. Compared against pings of unknown names so that timing does not reveal which names exist. */
  anyToken(): Secret | undefined;
  /** Returns true if heartbeats may register by their first ping. */
  allowsRegistration(): boolean;
  /** Registers a heartbeat, or returns why it may not register. */
  admit(name: string): RegistrationProblem | undefined;
  /**
   * Applies what a ping of a registered heartbeat tells about it, or returns why that is refused as a whole. The facts of a
   * configured heartbeat are those of the configuration; that others are ignored is logged once. Ignores unknown names.
   * @param told of the form that {@link changeFacts} reads
   */
  describe(name: string, told: unknown): FactProblem | undefined;
  /** Applies a ping; ignores unknown names. */
  ping(name: string, ping: PingKind, rid?: string, exitStatus?: number): void;
  /** Yields all heartbeats. Each view is built when the iteration reaches it. */
  list(): Iterable<PushView>;
  find(name: string): PushView | undefined;
  /**
   * Returns the time by which the first run after `end` of a heartbeat with a schedule is late; `undefined` if it has
   * reported since, or has no schedule. Times come from the wall clock.
   */
  firstChance(name: string, end: Timestamp): Timestamp | undefined;
  readonly bodies: Bodies;
  stop(): void;
}

export interface RegisterDeps {
  readonly clock: Clock;
  /** The absences of the exporter, which do not count as silence. */
  readonly presence: Pick<Presence, "clock" | "onGap">;
  readonly log: Log;
  readonly memory: Memory;
  /** Called for each effect, in order, after the state has changed. */
  readonly onEffect: (heartbeat: PushView, effect: PushEffect) => void;
}

interface Entry {
  heartbeat: PushHeartbeat;
  registered: boolean;
  readonly id: number;
  state: PushState;
  /** Always {@link NO_FACTS} if configured. */
  facts: HeartbeatFacts;
  /** True once it is logged that facts in its pings are ignored. */
  loggedIgnored: boolean;
}

/** Movement of the wall clock from which it was set. Smaller ones are corrections. */
const CLOCK_SET = seconds(1);

/** Total size of all last bodies, in bytes. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Creates a register from what `memory` has stored. It lists no heartbeats before the first `configure`. */
export function createRegister({ clock, presence, log, memory, onEffect }: RegisterDeps): Register {
  const store = memory.namespace("heartbeats");
  const steady = createSteadyClock(presence.clock);
  const bodies = createBodies(MAX_BODY_BYTES);
  const entries = new Map<string, Entry>();
  /** Heartbeats of the previous run, until the first configuration claims or drops them. */
  let restored = restoreHeartbeats(store, log);
  const nextId = createIdGenerator(
    memory,
    Array.from(restored.values(), ({ id }) => id),
  );
  let setup: PushSetup | undefined;
  let registeredCount = 0;
  let loggedFull = false;

  const save = (entry: Entry): void => {
    const { id, registered, facts, state } = entry;
    store.put(entry.heartbeat.name, {
      id,
      registered,
      ...(facts === NO_FACTS ? {} : { facts }),
      state: shiftTimes(state, steady.ahead()),
    } satisfies StoredHeartbeat);
  };

  const apply = (entry: Entry, event: PushEvent): void => {
    const before = entry.state;
    const { next, effects } = step(before, event, policyOf(entry.heartbeat));
    if (next !== before) {
      entry.state = next;
      save(entry);
    }
    for (const effect of effects) onEffect(viewOf(entry, steady.now(), steady.ahead()), effect);
    schedule(entry);
  };

  /** Returns when the entry goes offline or its registration expires, whichever comes first. */
  const dueOf = ({ state, heartbeat, registered }: Entry): Timestamp | undefined => {
    const offline = deadline(state, policyOf(heartbeat));
    const expiry =
      registered && setup?.registration !== undefined
        ? after(state.heardAt, setup.registration.expireAfter)
        : undefined;
    if (offline === undefined || expiry === undefined) return offline ?? expiry;
    return offline < expiry ? offline : expiry;
  };

  const schedule = (entry: Entry): void => {
    const due = dueOf(entry);
    if (due !== undefined) deadlines.schedule(entry, due);
  };

  const deadlines = createDeadlineQueue<Entry>({
    clock,
    now: () => steady.now(),
    checkTime(due) {
      const every = setup?.checkInterval;
      const { startedAt } = steady;
      return every === undefined ? due : timestamp(startedAt + Math.ceil((due - startedAt) / every) * every);
    },
    visit(entry, now) {
      apply(entry, { kind: "tick", at: now });
      expire(entry, now);
    },
  });

  presence.onGap(({ absence, jump }) => {
    const away = seconds(absence + Math.max(0, jump));
    for (const entry of entries.values()) {
      reschedule(entry, Math.abs(jump) >= CLOCK_SET);
      if (away > 0) apply(entry, { kind: "resumed", at: steady.now(), absence: away });
    }
  });

  const reschedule = (entry: Entry, reset = false): void => {
    if (entry.heartbeat.schedule?.kind !== "cron" && entry.state.awaited === undefined) return;
    apply(entry, { kind: "rescheduled", at: steady.now(), seen: clock.now(), reset });
  };

  const expire = (entry: Entry, now: Timestamp): void => {
    const registration = setup?.registration;
    if (!entry.registered || registration === undefined) return;
    const { expireAfter } = registration;
    if (now < after(entry.state.heardAt, expireAfter)) return;
    remove(entry);
    log.warn(
      { heartbeat: entry.heartbeat.name },
      `${titleOf(entry)} expired: no ping for ${formatDuration(expireAfter)}`,
    );
  };

  const remove = (entry: Entry): void => {
    const { name } = entry.heartbeat;
    entries.delete(name);
    deadlines.cancel(entry);
    store.delete(name);
    bodies.delete(name);
    if (entry.registered) registeredCount -= 1;
    loggedFull = false;
  };

  const add = (heartbeat: PushHeartbeat, registered: boolean, stored?: StoredHeartbeat): Entry => {
    const state =
      stored === undefined ? initialState(steady.now()) : shiftTimes(stored.state, seconds(-steady.ahead()));
    const facts = (registered ? stored?.facts : undefined) ?? NO_FACTS;
    const id = stored?.id ?? nextId();
    const entry: Entry = { heartbeat, registered, id, state, facts, loggedIgnored: false };
    entries.set(heartbeat.name, entry);
    if (registered) registeredCount += 1;
    if (stored === undefined) save(entry);
    else apply(entry, { kind: "restored", at: steady.now(), downFor: memory.downFor });
    reschedule(entry);
    schedule(entry);
    return entry;
  };

  const configure = (next: PushSetup): void => {
    setup = next;
    const configured = new Set(next.heartbeats.map(({ name }) => name));
    const registration = next.registration;
    // One that now belongs to another shard pings there, so here it would go offline.
    const mayStay = (name: string): boolean => registration?.owns?.(name) ?? true;
    for (const heartbeat of next.heartbeats) {
      const entry = entries.get(heartbeat.name);
      if (entry === undefined) add(heartbeat, false, restored.get(heartbeat.name));
      else update(entry, heartbeat, false);
    }
    for (const entry of entries.values()) {
      const { name } = entry.heartbeat;
      if (configured.has(name)) continue;
      if (entry.registered && registration !== undefined && mayStay(name))
        update(entry, registeredHeartbeat(name, registration, entry.facts), true);
      else {
        remove(entry);
        log.info({ heartbeat: name }, `${titleOf(entry)} is no longer configured and was removed`);
      }
    }
    for (const [name, stored] of restored) {
      if (configured.has(name)) continue;
      if (stored.registered && registration !== undefined && mayStay(name))
        add(registeredHeartbeat(name, registration, stored.facts ?? NO_FACTS), true, stored);
      else {
        store.delete(name);
        log.info({ heartbeat: name, id: stored.id }, "a heartbeat is no longer configured and was removed");
      }
    }
    restored = new Map();
  };

  const update = (entry: Entry, heartbeat: PushHeartbeat, registered: boolean): void => {
    if (entry.registered && !registered) registeredCount -= 1;
    const changed = entry.registered !== registered;
    entry.registered = registered;
    entry.heartbeat = heartbeat;
    if (!registered) entry.facts = NO_FACTS;
    if (changed) save(entry);
    reschedule(entry);
    // A changed timeout moves the deadline, possibly into the past.
    apply(entry, { kind: "tick", at: steady.now() });
  };

  const admit = (name: string): RegistrationProblem | undefined => {
    const registration = setup?.registration;
    if (registration === undefined) return { reason: "name", wanted: "a configured name" };
    const problem = checkRegistration(name, registration, registeredCount);
    if (problem === undefined) {
      const entry = add(registeredHeartbeat(name, registration, NO_FACTS), true);
      log.info({ heartbeat: name }, `${titleOf(entry)} registered`);
    } else if (problem.reason === "full" && !loggedFull) {
      loggedFull = true;
      log.warn({ heartbeat: name }, `a heartbeat cannot register: the limit is ${problem.wanted}`);
    }
    return problem;
  };

  const describe = (name: string, told: unknown): FactProblem | undefined => {
    const [entry, registration] = [entries.get(name), setup?.registration];
    if (entry === undefined) return undefined;
    if (!entry.registered || registration === undefined) {
      if (!entry.loggedIgnored)
        log.info(
          { heartbeat: name },
          `${titleOf(entry)} is configured, so the facts in its pings are ignored`,
        );
      entry.loggedIgnored = true;
      return undefined;
    }
    const facts = changeFacts(entry.facts, told);
    if ("refused" in facts) return facts;
    if (facts === entry.facts) return undefined;
    entry.facts = facts;
    entry.heartbeat = registeredHeartbeat(name, registration, facts);
    save(entry);
    return undefined;
  };

  return {
    configure,
    admit,
    describe,
    bodies,
    has: (name) => entries.has(name),
    tokenOf: (name) => entries.get(name)?.heartbeat.token ?? setup?.registration?.token,
    anyToken: () =>
      setup?.registration?.token ?? setup?.heartbeats.find(({ token }) => token !== undefined)?.token,
    allowsRegistration: () => setup?.registration !== undefined,
    ping(name, ping, rid, exitStatus) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      apply(entry, {
        kind: "ping",
        ping,
        at: steady.now(),
        seen: clock.now(),
        ...defined({ rid, exitStatus }),
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
    firstChance(name, end) {
      const entry = entries.get(name);
      if (entry === undefined || (entry.state.lastSeen ?? 0) >= end) return undefined;
      return firstChanceAfter(entry.heartbeat, end);
    },
    stop: () => deadlines.stop(),
  };
}
