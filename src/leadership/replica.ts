import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type {
  ClusterOptions,
  LeaseAnswer,
  LeaseApi,
  LeaseName,
  LeaseRecord,
  LeaseSpec,
} from "../core/lease.ts";
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
  /** Default: the namespace of the account in use. */
  readonly namespace?: string;
  readonly name: string;
  /** Which replicas send webhooks and messages. */
  readonly deliver: "leader" | "all";
}

/** Another replica that leads. */
export interface LeaderReplica {
  readonly identity: string;
  /** Where it answers applications, if it says so. */
  readonly url?: URL;
}

/** One replica, which holds the Lease or waits for it. */
export interface Leadership {
  /** Returns true if this replica leads now. Leadership expires by itself if it is not renewed. */
  leads(): boolean;
  /** Returns the replica that leads as far as the Lease tells; `undefined` if it is this one, or if none is known to. */
  leader(): LeaderReplica | undefined;
  /** Describes who leads, for people. */
  describe(): string;
  /** Writes what this replica knows to the Lease at once, if it leads: the next leader has to know it. */
  share(): void;
  /** Releases the Lease, so that another replica takes over at once. Takes two seconds at most. */
  stop(): Promise<void>;
}

/** The exchange of what the leader knows, which the Lease carries to the others. */
export interface SharedKnowledge {
  /** Returns what this replica knows, as the leader. */
  readonly tell: () => string;
  /** Called with what another leader knows whenever that may have changed; `undefined` if that one tells nothing. */
  readonly learn: (knowledge: string | undefined) => void;
}

export interface LeadershipDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly api: LeaseApi;
  /** Returns numbers from 0 to 1; spreads the calls of several replicas. */
  readonly random: () => number;
  /** Called when this replica becomes the leader. */
  readonly onLead: () => void;
  /** Called when a replica begins or ceases to lead, as far as this one knows. */
  readonly onLeaderChange: () => void;
  readonly knowledge: SharedKnowledge;
}

/** Time after which a leader writes that it knows something else. Changes that come together are written together. */
const SHARE_AFTER = seconds(0.02);

const CALL_TIMEOUT = seconds(5);

/** Limits the release on shutdown, for which the exporter has four seconds in all. */
const RELEASE_TIMEOUT = seconds(2);

/** Largest share by which a wait is shortened at random. */
const JITTER = 0.4;

/** Starts a replica, which tries to acquire the Lease at once. */
export function startLeadership(settings: LeaseSettings, deps: LeadershipDeps): Leadership {
  const { clock, log, api, random } = deps;
  const ending = new AbortController();
  let state: LeaseState = {};
  let cancelTimer = (): void => {};
  let cancelEnd = (): void => {};
  const { namespace, name } = settings;
  const lease: LeaseName = { name, ...defined({ namespace }) };
  let stopped = false;
  let reportedHolder = "";
  /** The knowledge that was learnt last, with the time of the leadership that it came from. */
  let learnt: Pick<LeaseRecord, "acquireTime" | "knowledge"> | undefined;
  /** True while calls are made; a wait is over then. */
  let inRound = false;
  /** True from a change that is to be shared until the next round. */
  let toShare = false;
  const changes = createChangeLog(settings, log);

  const moment = (): Moment => ({ at: clock.monotonic(), now: clock.now() });
  const leads = (): boolean => !stopped && leadsAt(state, clock.monotonic());
  const holder = (): string => state.observed?.record.holder ?? "";

  const call = async (effect: Exclude<LeaseEffect, { kind: "wait" }>): Promise<LeaseAnswer> => {
    const timeout = seconds(Math.min(CALL_TIMEOUT, settings.renewInterval));
    return within(clock, timeout, ending.signal, (signal) => {
      switch (effect.kind) {
        case "read":
          return api.read(lease, signal);
        case "create":
          return api.create(lease, withKnowledge(effect.spec), signal);
        case "update":
          return api.update(lease, effect.record, withKnowledge(effect.spec), signal);
      }
    });
  };

  const withKnowledge = (spec: LeaseSpec): LeaseSpec => ({ ...spec, knowledge: deps.knowledge.tell() });

  /** Takes over what another replica has written, before this one can lead by the same record. */
  const learn = ({ acquireTime, knowledge }: LeaseRecord): void => {
    if (leads()) return;
    if (learnt !== undefined && learnt.acquireTime === acquireTime && learnt.knowledge === knowledge) return;
    learnt = defined({ acquireTime, knowledge });
    deps.knowledge.learn(knowledge);
  };

  /** Makes calls until the next wait. */
  const round = async (): Promise<void> => {
    inRound = true;
    toShare = false;
    let event: LeaseEvent = { kind: "due", ...moment() };
    for (;;) {
      const { next, effect } = step(state, event, settings);
      const wasLeading = leads();
      state = next;
      reportLeadership(wasLeading);
      if (effect.kind === "wait") {
        const wait = effect.jitter ? effect.lasting * (1 - JITTER * random()) : effect.lasting;
        cancelTimer = clock.after(toShare && leads() ? SHARE_AFTER : seconds(wait), run);
        inRound = false;
        return;
      }
      const answer = await call(effect);
      if (stopped) return;
      changes.afterCall(answer, effect);
      if (answer.kind === "record") learn(answer.record);
      event = { ...eventOf(effect, answer), ...moment() };
    }
  };
  const run = (): void => {
    round().catch((error: unknown) => {
      log.error({ err: error }, "holding the lease failed because of a bug in the exporter");
      inRound = false;
      if (!stopped) cancelTimer = clock.after(settings.renewInterval, run);
    });
  };

  /** Reports a change of leadership, and schedules the report of its expiry. */
  const reportLeadership = (wasLeading: boolean): void => {
    cancelEnd();
    const isLeading = leads();
    changes.leadership(isLeading, holder());
    if (isLeading && !wasLeading) deps.onLead();
    if (isLeading !== wasLeading || holder() !== reportedHolder) deps.onLeaderChange();
    reportedHolder = holder();
    const { leadsUntil } = state;
    if (isLeading && leadsUntil !== undefined) {
      cancelEnd = clock.after(seconds(leadsUntil - clock.monotonic()), () => reportLeadership(true));
    }
  };

  /** Releases the Lease. Reads it once after a conflict, because a renewal in progress may have changed the version. */
  const releaseLease = async (): Promise<void> => {
    if (release(state, moment(), settings) === undefined) return;
    const answer = await within(clock, RELEASE_TIMEOUT, undefined, async (signal) => {
      let answered: LeaseAnswer = { kind: "conflict" };
      for (let tries = 0; tries < 2 && answered.kind === "conflict"; tries += 1) {
        const last = release(state, moment(), settings);
        if (last === undefined) return answered;
        answered = await api.update(lease, last.record, withKnowledge(last.spec), signal);
        const read = answered.kind === "conflict" ? await api.read(lease, signal) : undefined;
        if (read?.kind === "record") {
          state = step(state, { kind: "found", record: read.record, ...moment() }, settings).next;
        }
      }
      return answered;
    });
    const about = { lease: lease.name, identity: settings.identity };
    if (answer.kind === "record") log.info(about, "the lease was released");
    else
      log.warn(
        { ...about, ...answer },
        "the lease could not be released; other replicas wait until it expires",
      );
  };

  run();

  return {
    leads,
    leader() {
      const { observed } = state;
      if (observed === undefined || leads()) return undefined;
      const { holder: identity, duration, advertiseUrl } = observed.record;
      const age = clock.monotonic() - observed.since;
      // A holder that has not renewed for a whole duration may lead no longer.
      if (identity === "" || identity === settings.identity || age > (duration ?? settings.duration))
        return undefined;
      return { identity, ...(advertiseUrl === undefined ? {} : { url: new URL(advertiseUrl) }) };
    },
    describe: () =>
      holder() === "" || holder() === settings.identity
        ? `no replica is known to lead (lease ${settings.name})`
        : `${holder()} leads (lease ${settings.name})`,
    share() {
      if (!leads() || toShare) return;
      toShare = true;
      if (inRound) return;
      cancelTimer();
      cancelTimer = clock.after(SHARE_AFTER, run);
    },
    async stop() {
      if (stopped) return;
      // Stop leading before the release is sent.
      stopped = true;
      cancelTimer();
      cancelEnd();
      ending.abort();
      await releaseLease();
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
    // The answer to a create if the namespace does not exist.
    case "absent":
      return { kind: kind === "create" ? "failed" : "absent" };
    case "conflict":
    case "failed":
      return { kind: answer.kind };
  }
}

/** Logs changes only: an API server outage of an hour is one line when it starts and one when it ends. */
function createChangeLog({ name, identity, namespace }: LeaseSettings, log: Log) {
  const about = { lease: name, identity, ...defined({ namespace }) };
  /** The kinds of calls that fail. A right to read is not one to write: reads go on to succeed between refused writes. */
  const failing = new Set<"read" | "write">();
  let leading = false;
  let following: string | undefined;
  return {
    afterCall(answer: LeaseAnswer, { kind }: LeaseEffect): void {
      const fails = answer.kind === "failed" || (answer.kind === "absent" && kind === "create");
      const call = kind === "read" ? "read" : "write";
      if (fails && !failing.has(call)) {
        failing.add(call);
        log.warn({ ...about, ...answer, kind }, "the lease cannot be held: a call failed");
      } else if (!fails && failing.delete(call)) {
        log.info({ ...about, call }, "calls for the lease succeed again");
      }
    },
    leadership(isLeading: boolean, holder: string): void {
      if (isLeading !== leading) {
        if (isLeading) log.info(about, "this replica leads");
        else log.warn(about, "this replica no longer leads");
      }
      const other = isLeading || holder === "" || holder === identity ? undefined : holder;
      if (other !== undefined && other !== following) {
        log.info({ ...about, leader: other }, "another replica leads");
      }
      leading = isLeading;
      following = isLeading ? undefined : (other ?? following);
    },
  };
}

/** Runs a call, whose signal aborts after `timeout` or when `ending` does. */
async function within(
  clock: Clock,
  timeout: Seconds,
  ending: AbortSignal | undefined,
  start: (signal: AbortSignal) => Promise<LeaseAnswer>,
): Promise<LeaseAnswer> {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  ending?.addEventListener("abort", end, { once: true });
  const cancel = clock.timeout(timeout, end);
  try {
    return await start(controller.signal);
  } finally {
    cancel();
    ending?.removeEventListener("abort", end);
  }
}
