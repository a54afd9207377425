import type { Clock } from "../../core/clock.ts";
import { type EventWebhook, type EventWord, eventType, typeOf } from "../../core/events.ts";
import type { History, PastEvent } from "../../core/history.ts";
import type { Log } from "../../core/log.ts";
import type { Memory } from "../../core/memory.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { createOutbox, type Outbox } from "../delivery/outbox.ts";
import { deliver, type WebhookDestination } from "../delivery/webhook.ts";

/** Results of deliveries; the values of the label `result`. */
export const WEBHOOK_RESULTS = ["delivered", "retried", "dropped"] as const;
export type WebhookResult = (typeof WEBHOOK_RESULTS)[number];

/** The queue length and the delivery results of one webhook. */
export interface WebhookCounts {
  readonly webhook: string;
  readonly queued: number;
  readonly results: Readonly<Record<WebhookResult, number>>;
}

/** Delivers events to webhook receivers: in order, with retries, across restarts. */
export interface Webhooks {
  /** Sends the events of the last minute that another replica should have sent, which has just ceased to lead. */
  takeOver(): void;
  /** Applies a configuration. A webhook whose name stays the same keeps its queue. */
  configure(webhooks: readonly EventWebhook[]): void;
  counts(): readonly WebhookCounts[];
  /** Aborts attempts in progress. Queued events remain stored. */
  stop(): Promise<void>;
}

export interface WebhookDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly history: Pick<History, "subscribe">;
  /** False on a replica whose events another one sends. */
  readonly sends: () => boolean;
  readonly random: () => number;
  /** Returns the JSON body for an event asked for by `word`; `undefined` if there is nothing to send. */
  readonly bodyOf: (event: PastEvent, word: EventWord) => string | undefined;
}

/** One attempt at a time, so that each receiver gets its events in order. */
const LIMITS = { items: 1000, bytes: 8 * 2 ** 20, dead: 100, concurrency: 1 };

/** Longest age of an event that a new leader sends, which the last one may not have sent: twice the usual duration of a lease. */
const KEEP = seconds(60);

/** Most events that a replica keeps in case it has to send them. */
const MOST_KEPT = 1000;

const BACKOFF = { initial: seconds(1), max: seconds(60) };

interface RunningWebhook {
  /** Replaced by a reload. */
  readonly current: { webhook: EventWebhook };
  readonly outbox: Outbox;
  readonly results: Record<WebhookResult, number>;
}

/** Creates the webhooks, none of which is configured yet, and subscribes to events. */
export function createWebhooks(deps: WebhookDeps): Webhooks {
  const { clock, log, memory, random, bodyOf } = deps;
  /** The names of all webhooks with a queue, so that queues of removed webhooks can be deleted. */
  const index = memory.namespace("webhooks");
  const running = new Map<string, RunningWebhook>();

  const start = (webhook: EventWebhook): RunningWebhook => {
    const { name } = webhook;
    const results: RunningWebhook["results"] = { delivered: 0, retried: 0, dropped: 0 };
    const webhookLog: Log = {
      debug: (fields, message) => log.debug({ webhook: name, ...fields }, message),
      info: (fields, message) => log.info({ webhook: name, ...fields }, message),
      warn: (fields, message) => log.warn({ webhook: name, ...fields }, message),
      error: (fields, message) => log.error({ webhook: name, ...fields }, message),
    };
    const current = { webhook };
    const outbox = createOutbox({
      clock,
      random,
      log: webhookLog,
      store: memory.namespace(`webhooks/${name}`),
      policy: () => ({ ...BACKOFF, maxAge: current.webhook.maxAge }),
      send: (item, signal) => deliver(destinationOf(current.webhook), item, signal, deps),
      onResult: (result) => (results[result === "dead" ? "dropped" : result] += 1),
      limits: LIMITS,
    });
    index.put(name, true);
    return { current, outbox, results };
  };

  const deleteQueue = (name: string): void => {
    const store = memory.namespace(`webhooks/${name}`);
    for (const [key] of Array.from(store.entries())) store.delete(key);
    index.delete(name);
  };

  const enqueue = ({ current: { webhook }, outbox, results }: RunningWebhook, event: PastEvent): void => {
    if (webhook.subjects !== undefined && !webhook.subjects.has(event.subject)) return;
    const type = typeOf(event);
    const word = [...webhook.words].find((one) => eventType(one) === type);
    const body = word === undefined ? undefined : bodyOf(event, word);
    if (body === undefined) return;
    const added = outbox.add({
      id: String(event.id),
      key: webhook.name,
      body,
      contentType: "application/json",
    });
    if (added !== "full") return;
    results.dropped += 1;
    log.error(
      { webhook: webhook.name, event: event.id },
      "an event was dropped because the queue of its webhook is full",
    );
  };
  /** Events that another replica sends, the oldest first. */
  const kept: { readonly at: Seconds; readonly event: PastEvent }[] = [];
  const keep = (event: PastEvent): void => {
    kept.push({ at: clock.monotonic(), event });
    if (kept.length > MOST_KEPT) kept.shift();
  };
  const unsubscribe = deps.history.subscribe((event) => {
    if (!deps.sends()) return keep(event);
    for (const webhook of running.values()) enqueue(webhook, event);
  });

  return {
    takeOver() {
      const now = clock.monotonic();
      for (const { at, event } of kept.splice(0)) {
        if (now - at > KEEP) continue;
        for (const webhook of running.values()) enqueue(webhook, event);
      }
    },
    configure(webhooks) {
      const wanted = new Set(webhooks.map(({ name }) => name));
      for (const [name, { outbox }] of running) {
        if (wanted.has(name)) continue;
        running.delete(name);
        void outbox.stop();
      }
      for (const [name] of Array.from(index.entries())) if (!wanted.has(name)) deleteQueue(name);
      for (const webhook of webhooks) {
        const existing = running.get(webhook.name);
        if (existing === undefined) running.set(webhook.name, start(webhook));
        else existing.current.webhook = webhook;
      }
    },
    counts: () =>
      Array.from(running.values(), ({ current, outbox, results }) => ({
        webhook: current.webhook.name,
        queued: outbox.queued().length,
        results,
      })),
    async stop() {
      unsubscribe();
      await Promise.all(Array.from(running.values(), ({ outbox }) => outbox.stop()));
    },
  };
}

const destinationOf = ({
  url,
  headers,
  secret,
  previousSecret,
  timeout,
}: EventWebhook): WebhookDestination => ({
  url,
  headers: Object.entries(headers),
  timeout,
  tls: { insecureSkipVerify: false },
  ...(secret === undefined ? {} : { signing: { key: secret, previousKey: previousSecret } }),
});
