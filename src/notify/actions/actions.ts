import type { Action, ActionSetup } from "../../core/action.ts";
import { type Alert, type AlertGroup, valueOf } from "../../core/alert.ts";
import { elapsed, seconds } from "../../core/units.ts";
import { type AttemptContext, attempt } from "./attempt.ts";
import {
  type AttemptEntry,
  type AttemptRefusal,
  createAttemptStore,
  discardPending,
  isForgettable,
  onFiring,
  onResolved,
  restored,
} from "./attempts.ts";
import { ACTION_RESULTS, type ActionResult, type AuditEntry, createAudit } from "./audit.ts";
import { createRateLimit } from "./rate-limit.ts";
import { createTaskQueue } from "./task-queue.ts";
import { argumentsOf, matches } from "./work.ts";

/** The answer to a notification. Attempts start after it has been `stored`. */
export type ActionAcceptance =
  | {
      readonly kind: "stored";
      /** Targets for which an attempt will be made. */
      readonly accepted: readonly string[];
      readonly refused: readonly { readonly target: string; readonly reason: AttemptRefusal }[];
      /** Number of alerts that are resolved or that the action does not match. */
      readonly ignored: number;
    }
  /** Nothing was done; the sender should retry. */
  | { readonly kind: "refused"; readonly text: string };

/** An action as shown by routes and metrics. */
export interface ActionView {
  readonly name: string;
  readonly dryRun: boolean;
  readonly maxAttempts: number;
  readonly counts: Readonly<Record<ActionResult, number>>;
  /** Number of alerts that Alertmanager left out of notifications. */
  readonly truncated: number;
  readonly targets: readonly Pick<AttemptEntry, "target" | "state">[];
}

/** All actions. */
export interface Actions {
  /** Applies a configuration. The first call also resumes what a restart interrupted. */
  configure(setup: ActionSetup): void;
  find(name: string): Action | undefined;
  /** Decides on each alert of a notification, and starts the accepted attempts. */
  accept(name: string, group: AlertGroup): Promise<ActionAcceptance>;
  list(): readonly ActionView[];
  /** Returns the audit, newest entry first. */
  audit(): readonly AuditEntry[];
  auditEntry(number: number): AuditEntry | undefined;
  /** Resets the attempts of one target or of all; returns the number of targets. */
  reset(name: string, target?: string): number;
  /** Aborts programs and requests in progress. Their attempts still count. */
  stop(): Promise<void>;
}

export interface ActionsDeps extends AttemptContext {
  /** Returns the configured labels of the target or heartbeat with this name. */
  readonly configuredLabels: (target: string) => Readonly<Record<string, string>>;
}

/** Attempts in progress at the same time; further ones wait. */
const CONCURRENCY = 4;
/** Most targets remembered per action: their names come from alerts, and could be any number. */
const MAX_TARGETS = 1_000;
const MAX_TARGET_LENGTH = 256;
/** How long the attempts of an action are kept after it has left the configuration. */
const UNCONFIGURED_RETENTION = seconds(7 * 86_400);

/** Creates the actions, none of which is configured yet. */
export function createActions(deps: ActionsDeps): Actions {
  const { clock, log, memory } = deps;
  const attempts = createAttemptStore(memory.namespace("actions"), log);
  const audit = createAudit(memory.namespace("actions-audit"));
  const rateLimit = createRateLimit(memory.namespace("actions-brake"));
  const queue = createTaskQueue(CONCURRENCY);
  const stopping = new AbortController();
  const counts = new Map<string, Record<ActionResult, number>>();
  const truncated = new Map<string, number>();
  let actions = new Map<string, Action>();
  let perHour = 0;
  let started = false;

  const count = (action: string, result: ActionResult): void => {
    const own = counts.get(action);
    if (own !== undefined) own[result] += 1;
  };

  const lastRefusals = new Map<string, string>();
  /** Counts every refusal, but audits a repeated one once: Alertmanager repeats its notifications. */
  const refuse = (action: string, target: string, reason: AttemptRefusal): void => {
    count(action, "refused");
    log.debug({ action, target, reason }, "action refused");
    const key = JSON.stringify([action, target]);
    if (reason === "running" || lastRefusals.get(key) === reason) return;
    if (lastRefusals.size > MAX_TARGETS) lastRefusals.clear();
    lastRefusals.set(key, reason);
    log.warn({ action, target, reason }, "action refused");
    audit.add({ action, target, at: clock.now(), result: "refused", detail: reason });
  };

  const logBug = (error: unknown): undefined => {
    log.error({ err: error }, "an action failed because of a bug in the exporter");
  };

  const start = (name: string, target: string): void =>
    queue.add(async () => {
      const action = actions.get(name);
      if (action === undefined) return undefined;
      const followUp = await attempt(action, target, {
        ...deps,
        attempts,
        audit,
        admit: () => rateLimit.admit(clock.now(), perHour),
        refuse: (reason) => refuse(name, target, reason),
        count: (result) => {
          lastRefusals.delete(JSON.stringify([name, target]));
          count(name, result);
        },
        signal: stopping.signal,
      }).catch(logBug);
      return followUp && (() => followUp().catch(logBug));
    });

  /** Continues with the attempts that were pending or running when the previous run ended. */
  const resume = (): void => {
    for (const { action: name, target, state } of attempts.list()) {
      const { next, todo } = restored(state, clock.now());
      if (next !== state) attempts.put(name, target, next);
      if (todo === "resume") start(name, target);
      else if (todo === "stale") refuse(name, target, "stale");
      else if (todo === "interrupted") {
        count(name, "failure");
        const about = { action: name, target, attempt: next.count };
        audit.add({ ...about, at: clock.now(), result: "failure", detail: "interrupted by a restart" });
        log.warn(about, "an action was interrupted by a restart and will not be repeated");
      }
    }
  };

  const expire = (): void => {
    for (const { action: name, target, state } of attempts.list()) {
      const action = actions.get(name);
      const expired =
        action === undefined
          ? elapsed(state.firingAt, clock.now()) > UNCONFIGURED_RETENTION
          : isForgettable(state, clock.now(), action);
      if (expired) attempts.delete(name, target);
    }
  };

  /** Records a firing alert as a pending attempt, or returns why no attempt may be made. */
  const request = (action: Action, alert: Alert, target: string): AttemptRefusal | undefined => {
    const { name } = action;
    const previous = attempts.get(name, target);
    if (previous === undefined && attempts.count(name) >= MAX_TARGETS) return "too_many_targets";
    // Configured labels take precedence, so that an alert cannot override them.
    const found = argumentsOf(action, { ...alert.labels, ...deps.configuredLabels(target) });
    if ("invalid" in found) {
      log.warn(
        { action: name, label: found.invalid },
        "an alert lacks a label that the action needs, or its value is not allowed",
      );
      return "bad_argument";
    }
    const about = { startsAt: alert.startsAt, labels: found.values };
    const { next, refusal } = onFiring(previous, about, clock.now(), action);
    attempts.put(name, target, next);
    return refusal;
  };

  const accept = async (action: Action, group: AlertGroup): Promise<ActionAcceptance> => {
    const { name } = action;
    const accepted: string[] = [];
    const refused: { target: string; reason: AttemptRefusal }[] = [];
    let ignored = 0;
    expire();
    for (const alert of group.alerts) {
      const target = valueOf(alert.labels, action.targetLabel) ?? "";
      if (!matches(action, alert.labels)) ignored += 1;
      else if (target === "" || target.length > MAX_TARGET_LENGTH) {
        refused.push({ target: "", reason: "no_target" });
      } else if (alert.status === "resolved") {
        ignored += 1;
        const state = attempts.get(name, target);
        if (state !== undefined) attempts.put(name, target, onResolved(state, clock.now()));
      } else {
        const refusal = request(action, alert, target);
        if (refusal === undefined) accepted.push(target);
        else refused.push({ target, reason: refusal });
      }
    }
    try {
      await memory.flush();
    } catch (error) {
      for (const target of accepted) {
        const state = attempts.get(name, target);
        if (state !== undefined) attempts.put(name, target, discardPending(state));
      }
      log.error({ action: name, err: error }, "an action was not started because it cannot be stored");
      return { kind: "refused", text: "the attempt cannot be stored; see the exporter's log" };
    }
    if (group.truncated > 0) {
      truncated.set(name, (truncated.get(name) ?? 0) + group.truncated);
      const fields = { action: name, truncated: group.truncated, receiver: group.receiver };
      log.warn(fields, "Alertmanager left out alerts because of max_alerts; the action did not see them");
    }
    for (const { target, reason } of refused) refuse(name, target, reason);
    for (const target of accepted) start(name, target);
    return { kind: "stored", accepted, refused, ignored };
  };

  return {
    configure(setup) {
      actions = new Map(setup.actions.map((action) => [action.name, action]));
      perHour = setup.perHour;
      for (const name of actions.keys()) if (!counts.has(name)) counts.set(name, zeros());
      if (!started) resume();
      started = true;
    },
    find: (name) => actions.get(name),
    async accept(name, group) {
      const action = actions.get(name);
      if (action === undefined) return { kind: "refused", text: "the action is no longer configured" };
      return accept(action, group);
    },
    list: () =>
      Array.from(actions.values(), ({ name, dryRun, maxAttempts }) => ({
        name,
        dryRun,
        maxAttempts,
        counts: { ...(counts.get(name) ?? zeros()) },
        truncated: truncated.get(name) ?? 0,
        targets: attempts.list().filter((entry) => entry.action === name),
      })),
    audit: () => audit.list(),
    auditEntry: (number) => audit.find(number),
    reset(name, target) {
      const chosen = attempts
        .list()
        .filter((entry) => entry.action === name && (target === undefined || entry.target === target));
      for (const { target: one, state } of chosen) {
        const { cooldownUntil: _reset, ...rest } = state;
        attempts.put(name, one, { ...rest, count: 0, exhausted: false });
      }
      return chosen.length;
    },
    async stop() {
      stopping.abort();
      await queue.stop();
    },
  };
}

const zeros = (): Record<ActionResult, number> =>
  Object.fromEntries(ACTION_RESULTS.map((result) => [result, 0])) as Record<ActionResult, number>;
