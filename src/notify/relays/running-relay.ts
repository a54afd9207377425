import type { Alert, AlertGroup } from "../../core/alert.ts";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { Log } from "../../core/log.ts";
import type { Memory } from "../../core/memory.ts";
import type { Relay } from "../../core/relay.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { createOutbox, type Outbox } from "../delivery/outbox.ts";
import { deliver } from "../delivery/webhook.ts";
import { isDecided } from "./alert-state.ts";
import { createAlertStore } from "./alert-store.ts";
import { createRelayAudit, type RelayAudit } from "./audit.ts";
import { commit, type Review, review, reviewDoubts } from "./ledger.ts";
import { type MachineFacts, shapeEvent } from "./shapes.ts";
import { type Subject, type SubjectRule, subjectOf } from "./subject.ts";

/** Services that relays need. */
export interface RelayDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly random: () => number;
  /** Returns what the exporter knows about the subject of an alert. */
  readonly machineFacts: (name: string) => MachineFacts | undefined;
}

/** The consequence of a notification. */
interface Acceptance {
  readonly events: number;
  /** Number of alerts that needed no event of their own. */
  readonly known: number;
  /** True if an event found no room. Its alerts are then as if they had not been mentioned. */
  readonly full: boolean;
}

/** A relay with its queue and its memory. */
export interface RunningRelay {
  readonly relay: () => Relay;
  readonly outbox: Outbox;
  readonly audit: RelayAudit;
  /** Applies a new configuration. */
  configure(relay: Relay): void;
  /** Queues an event for each change. */
  accept(group: AlertGroup): Acceptance;
  /** Counts and logs the alerts that are missing from a notification. */
  countTruncated(group: AlertGroup): void;
  /** Aborts attempts in progress. Queued events remain stored. */
  stop(): Promise<void>;
}

/** Time after which an event that found no room in the queue is queued again. */
const RETRY_INTERVAL = seconds(10);

/** Restores a relay and continues with its queue. */
export function startRelay(configured: Relay, deps: RelayDeps): RunningRelay {
  const { clock, log, memory } = deps;
  let relay = configured;
  const { name } = relay;
  const store = createAlertStore(memory.namespace(`relay-ledger/${name}`), () => clock.now());
  const audit = createRelayAudit(memory.namespace(`relay-audit/${name}`));
  const outbox = createOutbox({
    clock,
    log,
    store: memory.namespace(`relay-outbox/${name}`),
    random: deps.random,
    policy: () => relay.retry,
    send: (item, signal) => deliver(relay, item, signal, deps),
    onResult(result, item) {
      audit.record(result, item, clock.now());
      const { id, about, attempts, lastError } = item;
      const failed = result === "delivered" ? {} : { error: lastError };
      log.debug({ relay: name, id, ...about, result, attempts, ...failed }, "relay delivery");
    },
  });

  /** Queues the event of a review and stores the review. Does neither if the queue is full. */
  const settle = (reviewed: Review): "event" | "known" | "full" => {
    const { change, subject } = reviewed;
    let result: "event" | "known" = "known";
    if (change !== undefined) {
      const follows = change.status === "online" ? change.offlineId : undefined;
      const key = store.lastEvent(subject)?.lane ?? subject;
      const added = outbox.add({ ...change.event, key, ...defined({ follows }) });
      if (added === "full") return "full";
      if (added === "added") result = "event";
    }
    commit(store, reviewed);
    return result;
  };

  const accept = (group: AlertGroup): Acceptance => {
    let events = 0;
    let full = false;
    for (const { subject, alerts } of bySubject(relay, group.alerts)) {
      const machine = deps.machineFacts(subject.name);
      const reviewed = review(store, {
        relay: name,
        subject: subject.key,
        alerts,
        now: clock.now(),
        staleWindow: relay.staleWindow,
        prepare: (id, alert) => shapeEvent(relay.shape, { id, subject, alert, group, machine }),
      });
      const result = settle(reviewed);
      if (result === "event") events += 1;
      full ||= result === "full";
    }
    scheduleDecision();
    return { events, known: group.alerts.length - events, full };
  };

  const decide = (): void => {
    const now = clock.now();
    const due = store.doubts().filter((doubt) => isDecided(doubt, now));
    const results = Array.from(new Set(due.map(({ subject }) => subject)), (subject) =>
      settle(reviewDoubts(store, subject, now)),
    );
    scheduleDecision(results.includes("full") ? RETRY_INTERVAL : seconds(0));
  };

  let cancelDecision = (): void => {};
  /** Plans the decision on the first doubtful alert. */
  const scheduleDecision = (shortest: Seconds = seconds(0)): void => {
    cancelDecision();
    const first = Math.min(...store.doubts().map(({ decideAt }) => decideAt - clock.now()));
    if (!Number.isFinite(first)) return;
    // The bound applies if the clock was set back.
    const wait = Math.max(shortest, Math.min(first, relay.staleWindow));
    cancelDecision = clock.after(seconds(Math.max(0, wait)), decide);
  };
  scheduleDecision();

  return {
    relay: () => relay,
    outbox,
    audit,
    configure(next) {
      relay = next;
    },
    accept,
    countTruncated({ truncated, receiver, groupKey }) {
      if (truncated === 0) return;
      audit.countTruncated(truncated);
      log.warn(
        { relay: name, truncated, receiver, group: groupKey },
        "Alertmanager left out alerts because of max_alerts; what they are about is not told",
      );
    },
    async stop() {
      cancelDecision();
      await outbox.stop();
    },
  };
}

/** Groups alerts by their subject, in order. */
function bySubject(
  rule: SubjectRule,
  alerts: readonly Alert[],
): Iterable<{ readonly subject: Subject; readonly alerts: readonly Alert[] }> {
  const groups = new Map<string, { readonly subject: Subject; readonly alerts: Alert[] }>();
  for (const alert of alerts) {
    const subject = subjectOf(rule, alert);
    const group = groups.get(subject.key) ?? { subject, alerts: [] };
    groups.set(subject.key, group);
    group.alerts.push(alert);
  }
  return groups.values();
}
