import type { Action, ActionSetup } from "../../core/action.ts";
import { type Alert, type AlertGroup, valueOf } from "../../core/alert.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Memory } from "../../core/memory.ts";
import { elapsed, seconds } from "../../core/units.ts";
import { attempt, type ObservedHealth } from "./attempt.ts";
import {
  type AttemptEntry,
  type AttemptRefusal,
  createBook,
  drop,
  isForgettable,
  onFiring,
  onResolved,
  restored,
} from "./attempts.ts";
import { ACTION_RESULTS, type ActionResult, type AuditEntry, createAudit } from "./audit.ts";
import { createBrake } from "./brake.ts";
import { argumentsOf, matches } from "./work.ts";

/** What becomes of a notification. What is `stored` is begun after the answer. */
export type ActionAcceptance =
  | {
      readonly kind: "stored";
      /** Targets about which something will be done. */
      readonly accepted: readonly string[];
      readonly refused: readonly { readonly target: string; readonly reason: AttemptRefusal }[];
      /** Alerts that are over, or that the action is not about. */
      readonly ignored: number;
    }
  | { readonly kind: "refused"; readonly text: string };

/** An action, as it is shown. */
export interface ActionView {
  readonly name: string;
  readonly dryRun: boolean;
  readonly maxAttempts: number;
  readonly counts: Readonly<Record<ActionResult, number>>;
  readonly targets: readonly Pick<AttemptEntry, "target" | "state">[];
}

/** All actions. */
export interface Actions {
  /** Takes over a configuration; the first one also takes up what a restart interrupted. */
  configure(setup: ActionSetup): void;
  find(name: string): Action | undefined;
  take(name: string, group: AlertGroup): Promise<ActionAcceptance>;
  list(): readonly ActionView[];
  /** What was done, the newest first. */
  audit(): readonly AuditEntry[];
  auditEntry(number: number): AuditEntry | undefined;
  /** Counts attempts anew, of one target or of all; tells of how many. */
  reset(name: string, target?: string): number;
  /** Ends programs and requests in flight: their attempts count all the same. */
  stop(): Promise<void>;
}

export interface ActionsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  /** Asks what goes by this name how it is, now. */
  readonly wellness: (target: string) => Promise<ObservedHealth>;
  readonly inMaintenance: (target: string) => boolean;
  /** The labels that the configuration gives to what goes by this name. */
  readonly ownLabels: (target: string) => Readonly<Record<string, string>>;
}

/** Actions at once; the others wait for their turn. */
const AT_ONCE = 4;
/** Targets of one action that are remembered: alerts name them. */
const MOST_TARGETS = 1_000;
const LONGEST_TARGET = 256;
/** What was attempted by an action that is not configured any more is remembered for so long. */
const LONGEST_ABSENCE = seconds(7 * 86_400);

export function createActions(deps: ActionsDeps): Actions {
  const { clock, log, memory } = deps;
  const book = createBook(memory.namespace("actions"), log);
  const audit = createAudit(memory.namespace("actions-audit"));
  const brake = createBrake(memory.namespace("actions-brake"));
  const stopping = new AbortController();
  const counts = new Map<string, Record<ActionResult, number>>();
  const inFlight = new Set<Promise<unknown>>();
  const waiting: (() => Promise<(() => Promise<void>) | undefined>)[] = [];
  /** Looks at what came of attempts: they wait, and need no turn. */
  const looks = new Set<Promise<unknown>>();
  let actions = new Map<string, Action>();
  let perHour = 0;
  let started = false;

  const count = (action: string, result: ActionResult): void => {
    const own = counts.get(action);
    if (own !== undefined) own[result] += 1;
  };

  const lastRefusals = new Map<string, string>();
  /** Alertmanager asks again and again; the audit is told of the same refusal once. */
  const refuse = (action: string, target: string, reason: AttemptRefusal): void => {
    count(action, "refused");
    log.debug({ action, target, reason }, "action refused");
    const key = JSON.stringify([action, target]);
    if (reason === "running" || lastRefusals.get(key) === reason) return;
    if (lastRefusals.size > MOST_TARGETS) lastRefusals.clear();
    lastRefusals.set(key, reason);
    log.warn({ action, target, reason }, "action refused");
    audit.add({ action, target, at: clock.now(), result: "refused", detail: reason });
  };

  const sayBug = (error: unknown): void =>
    log.error({ err: error }, "an action failed, which is a bug of the exporter");

  const fill = (): void => {
    while (inFlight.size < AT_ONCE && !stopping.signal.aborted) {
      const next = waiting.shift();
      if (next === undefined) return;
      const run = next()
        .then((look) => look !== undefined && track(looks, look().catch(sayBug)))
        .catch(sayBug);
      track(inFlight, run, fill);
    }
  };

  const start = (name: string, target: string): void => {
    waiting.push(async () => {
      const action = actions.get(name);
      if (action === undefined) return undefined;
      return attempt(action, target, {
        ...deps,
        book,
        audit,
        admit: () => brake.admit(clock.now(), perHour),
        refuse: (reason) => refuse(name, target, reason),
        count: (result) => {
          lastRefusals.delete(JSON.stringify([name, target]));
          count(name, result);
        },
        signal: stopping.signal,
      });
    });
    fill();
  };

  /** Takes up what was left by the run before. */
  const resume = (): void => {
    for (const { action: name, target, state } of book.list()) {
      const { next, todo } = restored(state, clock.now());
      if (next !== state) book.put(name, target, next);
      if (todo === "resume") start(name, target);
      else if (todo === "stale") refuse(name, target, "stale");
      else if (todo === "interrupted") {
        count(name, "failure");
        const about = { action: name, target, attempt: next.count };
        audit.add({ ...about, at: clock.now(), result: "failure", detail: "interrupted by a restart" });
        log.warn(about, "an action was interrupted by a restart; it is not repeated");
      }
    }
  };

  const tidy = (): void => {
    for (const { action: name, target, state } of book.list()) {
      const action = actions.get(name);
      const over =
        action === undefined
          ? elapsed(state.firingAt, clock.now()) > LONGEST_ABSENCE
          : isForgettable(state, clock.now(), action);
      if (over) book.delete(name, target);
    }
  };

  /** What is done about one alert that the action is about. */
  const judge = (action: Action, alert: Alert, target: string): AttemptRefusal | undefined => {
    const { name } = action;
    const known = book.get(name, target);
    if (known === undefined && book.count(name) >= MOST_TARGETS) return "too_many_targets";
    // What is configured of the target comes before what an alert says.
    const found = argumentsOf(action, { ...alert.labels, ...deps.ownLabels(target) });
    if ("wrong" in found) {
      log.warn({ action: name, label: found.wrong }, "an alert has not the label that an action needs");
      return "bad_argument";
    }
    const about = { startsAt: alert.startsAt, labels: found.values };
    const { next, refusal } = onFiring(known, about, clock.now(), action);
    book.put(name, target, next);
    return refusal;
  };

  const take = async (action: Action, group: AlertGroup): Promise<ActionAcceptance> => {
    const { name } = action;
    const accepted: string[] = [];
    const refused: { target: string; reason: AttemptRefusal }[] = [];
    let ignored = 0;
    tidy();
    for (const alert of group.alerts) {
      const target = valueOf(alert.labels, action.targetLabel) ?? "";
      if (!matches(action, alert.labels)) ignored += 1;
      else if (target === "" || target.length > LONGEST_TARGET) {
        refused.push({ target: "", reason: "no_target" });
      } else if (alert.status === "resolved") {
        ignored += 1;
        const known = book.get(name, target);
        if (known !== undefined) book.put(name, target, onResolved(known, clock.now()));
      } else {
        const refusal = judge(action, alert, target);
        if (refusal === undefined) accepted.push(target);
        else refused.push({ target, reason: refusal });
      }
    }
    try {
      await memory.flush();
    } catch (error) {
      for (const target of accepted) {
        const known = book.get(name, target);
        if (known !== undefined) book.put(name, target, drop(known));
      }
      log.error({ action: name, err: error }, "an action cannot be stored, and is not begun");
      return { kind: "refused", text: "it cannot be stored; the exporter's log says more" };
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
    async take(name, group) {
      const action = actions.get(name);
      if (action === undefined) return { kind: "refused", text: "there is no such action any more" };
      return take(action, group);
    },
    list: () =>
      Array.from(actions.values(), ({ name, dryRun, maxAttempts }) => ({
        name,
        dryRun,
        maxAttempts,
        counts: { ...(counts.get(name) ?? zeros()) },
        targets: book.list().filter((entry) => entry.action === name),
      })),
    audit: () => audit.list(),
    auditEntry: (number) => audit.find(number),
    reset(name, target) {
      const chosen = book
        .list()
        .filter((entry) => entry.action === name && (target === undefined || entry.target === target));
      for (const { target: one, state } of chosen) {
        const { cooldownUntil: _over, ...rest } = state;
        book.put(name, one, { ...rest, count: 0, exhausted: false });
      }
      return chosen.length;
    },
    async stop() {
      stopping.abort();
      await Promise.all(inFlight);
      await Promise.all(looks);
    },
  };
}

/** Keeps `promise` in `among` for as long as it is not settled, and then goes on. It must not reject. */
function track(among: Set<Promise<unknown>>, promise: Promise<unknown>, then = (): void => {}): void {
  among.add(promise);
  void promise.finally(() => {
    among.delete(promise);
    then();
  });
}

const zeros = (): Record<ActionResult, number> =>
  Object.fromEntries(ACTION_RESULTS.map((result) => [result, 0])) as Record<ActionResult, number>;
