import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { ClusterOptions, LeaseAnswer, LeaseApi, LeaseName } from "../core/lease.ts";
import type { Log } from "../core/log.ts";
import { type Seconds, seconds } from "../core/units.ts";
import {
  type LeaseEffect,
  type LeaseEvent,
  type LeasePolicy,
  type LeaseState,
  leadsAt,
  type Moment,
  release,
  step,
} from "./machine.ts";

/** The section `lease:` of the configuration. */
export interface LeaseSettings extends LeasePolicy, ClusterOptions {
  /** That of the account in use without one. */
  readonly namespace?: string;
  readonly name: string;
}

/** One replica's part in leading: it holds a Lease, or waits for it. */
export interface Leadership {
  /** Decided by the clock at each call: leadership ends by itself when it cannot be renewed. */
  leads(): boolean;
  /** Who leads, for people, as far as it is known. */
  describe(): string;
  /** Gives the Lease up, so that another replica takes over at once; never longer than a moment. */
  stop(): Promise<void>;
}

export interface LeadershipDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly api: LeaseApi;
  /** From 0 to 1, so that replicas do not call all at once. */
  readonly random: () => number;
  /** Called when this replica begins to lead. */
  readonly onLead: () => void;
}

/** One call, and the release at the end of the exporter, which is given four seconds in all. */
const LONGEST_CALL = seconds(5);
const LONGEST_RELEASE = seconds(2);

/** The longest part of a wait that is left out at random. */
const JITTER = 0.4;

/** Begins at once to try for the Lease. */
export function startLeadership(settings: LeaseSettings, deps: LeadershipDeps): Leadership {
  const { clock, log, api, random } = deps;
  const ending = new AbortController();
  let state: LeaseState = {};
  let cancelTimer = (): void => {};
  let cancelEnd = (): void => {};
  const { namespace, name } = settings;
  const lease: LeaseName = { name, ...defined({ namespace }) };
  let stopped = false;
  const reports = createReports(settings, log);

  const moment = (): Moment => ({ at: clock.monotonic(), now: clock.now() });
  const leads = (): boolean => !stopped && leadsAt(state, clock.monotonic());
  const holder = (): string => state.observed?.record.holder ?? "";

  const call = async (effect: Exclude<LeaseEffect, { kind: "wait" }>): Promise<LeaseAnswer> => {
    const longest = seconds(Math.min(LONGEST_CALL, settings.renewInterval));
    return within(clock, longest, ending.signal, (signal) => {
      switch (effect.kind) {
        case "read":
          return api.read(lease, signal);
        case "create":
          return api.create(lease, effect.spec, signal);
        case "update":
          return api.update(lease, effect.record, effect.spec, signal);
      }
    });
  };

  /** From one event to the next wait. */
  const round = async (): Promise<void> => {
    let event: LeaseEvent = { kind: "due", ...moment() };
    for (;;) {
      const { next, effect } = step(state, event, settings);
      const led = leads();
      state = next;
      watch(led);
      if (effect.kind === "wait") {
        const left = effect.jitter ? effect.lasting * (1 - JITTER * random()) : effect.lasting;
        cancelTimer = clock.after(seconds(left), run);
        return;
      }
      const answer = await call(effect);
      if (stopped) return;
      reports.called(answer, effect);
      event = { ...eventOf(effect, answer), ...moment() };
    }
  };
  const run = (): void => {
    round().catch((error: unknown) => {
      log.error({ err: error }, "holding the lease failed, which is a bug of the exporter");
      if (!stopped) cancelTimer = clock.after(settings.renewInterval, run);
    });
  };

  /** Says what changed, also when time alone ends leadership. */
  const watch = (led: boolean): void => {
    cancelEnd();
    const now = leads();
    reports.leading(now, holder());
    if (now && !led) deps.onLead();
    const { leadsUntil } = state;
    if (now && leadsUntil !== undefined) {
      cancelEnd = clock.after(seconds(leadsUntil - clock.monotonic()), () => watch(true));
    }
  };

  /** A renewal that was in flight may have arrived: then the version is another, and it is read once. */
  const giveUp = async (): Promise<void> => {
    if (release(state, moment(), settings) === undefined) return;
    const answer = await within(clock, LONGEST_RELEASE, undefined, async (signal) => {
      let answered: LeaseAnswer = { kind: "conflict" };
      for (let tries = 0; tries < 2 && answered.kind === "conflict"; tries += 1) {
        const last = release(state, moment(), settings);
        if (last === undefined) return answered;
        answered = await api.update(lease, last.record, last.spec, signal);
        const read = answered.kind === "conflict" ? await api.read(lease, signal) : undefined;
        if (read?.kind === "record") {
          state = step(state, { kind: "found", record: read.record, ...moment() }, settings).next;
        }
      }
      return answered;
    });
    const about = { lease: lease.name, identity: settings.identity };
    if (answer.kind === "record") log.info(about, "the lease is released");
    else log.warn({ ...about, ...answer }, "the lease could not be released: others wait until it expires");
  };

  run();

  return {
    leads,
    describe: () =>
      holder() === "" || holder() === settings.identity
        ? `no replica is known to lead (lease ${settings.name})`
        : `${holder()} leads (lease ${settings.name})`,
    async stop() {
      if (stopped) return;
      // From here on we do not lead, whatever becomes of the call.
      stopped = true;
      cancelTimer();
      cancelEnd();
      ending.abort();
      await giveUp();
      api.close();
    },
  };
}

function eventOf(
  { kind }: LeaseEffect,
  answer: LeaseAnswer,
):
  | {
      readonly kind: "found" | "written";
      readonly record: Extract<LeaseAnswer, { kind: "record" }>["record"];
    }
  | { readonly kind: "absent" | "conflict" | "failed" } {
  switch (answer.kind) {
    case "record":
      return { kind: kind === "read" ? "found" : "written", record: answer.record };
    // The namespace is missing, where even creating it answers so.
    case "absent":
      return { kind: kind === "create" ? "failed" : "absent" };
    case "conflict":
    case "failed":
      return { kind: answer.kind };
  }
}

/** Each change once: an API server that is away for an hour is one line when it goes and one when it comes. */
function createReports({ name, identity, namespace }: LeaseSettings, log: Log) {
  const about = { lease: name, identity, ...defined({ namespace }) };
  let failing = false;
  let leading = false;
  let following: string | undefined;
  return {
    called(answer: LeaseAnswer, { kind }: LeaseEffect): void {
      const fails = answer.kind === "failed" || (answer.kind === "absent" && kind === "create");
      if (fails && !failing) {
        log.warn({ ...about, ...answer, kind }, "the lease cannot be held: a call failed");
      } else if (!fails && failing) {
        log.info(about, "calls for the lease succeed again");
      }
      failing = fails;
    },
    leading(now: boolean, holder: string): void {
      if (now !== leading) {
        if (now) log.info(about, "this replica leads");
        else log.warn(about, "this replica no longer leads");
      }
      const other = now || holder === "" || holder === identity ? undefined : holder;
      if (other !== undefined && other !== following) {
        log.info({ ...about, leader: other }, "another replica leads");
      }
      leading = now;
      following = now ? undefined : (other ?? following);
    },
  };
}

/** A call that ends when it takes too long; a failure then, as any other. */
async function within(
  clock: Clock,
  longest: Seconds,
  ending: AbortSignal | undefined,
  start: (signal: AbortSignal) => Promise<LeaseAnswer>,
): Promise<LeaseAnswer> {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  ending?.addEventListener("abort", end, { once: true });
  const cancel = clock.after(longest, end);
  try {
    return await start(controller.signal);
  } finally {
    cancel();
    ending?.removeEventListener("abort", end);
  }
}
