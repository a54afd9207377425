import type { Clock } from "../../core/clock.ts";
import type { EventWebhook } from "../../core/events.ts";
import { type EventWord, eventType, typeOf } from "../../core/events.ts";
import type { History, PastEvent } from "../../core/history.ts";
import type { Log } from "../../core/log.ts";
import type { Memory } from "../../core/memory.ts";
import { seconds } from "../../core/units.ts";
import { createOutbox, type Outbox } from "../delivery/outbox.ts";
import { deliver, type WebhookDestination } from "../delivery/webhook.ts";

export const WEBHOOK_RESULTS = ["delivered", "retried", "dropped"] as const;
export type WebhookResult = (typeof WEBHOOK_RESULTS)[number];

/** How one webhook does. */
export interface WebhookCounts {
  readonly webhook: string;
  readonly queued: number;
  readonly results: Readonly<Record<WebhookResult, number>>;
}

/** Tells receivers of events: each in its order, again until it was taken, also over a restart. */
export interface Webhooks {
  /** Takes over a configuration: what waits for a webhook that keeps its name still leaves. */
  configure(webhooks: readonly EventWebhook[]): void;
  counts(): readonly WebhookCounts[];
  /** Ends attempts in flight; what waits stays remembered. */
  stop(): Promise<void>;
}

export interface WebhookDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly history: Pick<History, "subscribe">;
  readonly userAgent: string;
  readonly random: () => number;
  /** An event as it is told, as JSON; `undefined` when there is nothing to be told. */
  readonly bodyOf: (event: PastEvent, word: EventWord) => string | undefined;
}

/** One at a time, so that each receiver sees its events in their order. */
const LIMITS = { items: 1000, bytes: 8 * 2 ** 20, dead: 100, concurrency: 1 };

const BACKOFF = { initial: seconds(1), max: seconds(60) };

interface Running {
  /** A reload replaces what is in it. */
  readonly now: { webhook: EventWebhook };
  readonly outbox: Outbox;
  readonly results: Record<WebhookResult, number>;
}

export function createWebhooks(deps: WebhookDeps): Webhooks {
  const { clock, log, memory, random, bodyOf } = deps;
  /** Which webhooks there were, so that nothing is kept for one that is gone. */
  const index = memory.namespace("webhooks");
  const running = new Map<string, Running>();

  const start = (webhook: EventWebhook): Running => {
    const { name } = webhook;
    const results: Running["results"] = { delivered: 0, retried: 0, dropped: 0 };
    const own: Log = {
      debug: (fields, message) => log.debug({ webhook: name, ...fields }, message),
      info: (fields, message) => log.info({ webhook: name, ...fields }, message),
      warn: (fields, message) => log.warn({ webhook: name, ...fields }, message),
      error: (fields, message) => log.error({ webhook: name, ...fields }, message),
    };
    // What was left from before is tried as soon as there is an outbox.
    const now = { webhook };
    const outbox = createOutbox({
      clock,
      random,
      log: own,
      shelf: memory.namespace(`webhooks/${name}`),
      policy: () => ({ ...BACKOFF, maxAge: now.webhook.maxAge }),
      send: (item, signal) => deliver(destinationOf(now.webhook), item, signal, deps),
      onResult: (result) => (results[result === "dead" ? "dropped" : result] += 1),
      limits: LIMITS,
    });
    index.put(name, true);
    return { now, outbox, results };
  };

  const forget = (name: string): void => {
    const shelf = memory.namespace(`webhooks/${name}`);
    for (const [key] of Array.from(shelf.entries())) shelf.delete(key);
    index.delete(name);
  };

  const tell = ({ now: { webhook }, outbox, results }: Running, event: PastEvent): void => {
    if (webhook.subjects !== undefined && !webhook.subjects.has(event.subject)) return;
    const type = typeOf(event);
    const word = [...webhook.words].find((one) => eventType(one) === type);
    const body = word === undefined ? undefined : bodyOf(event, word);
    if (body === undefined) return;
    const taken = outbox.add({
      id: String(event.id),
      key: webhook.name,
      body,
      contentType: "application/json",
    });
    if (taken !== "full") return;
    results.dropped += 1;
    log.error(
      { webhook: webhook.name, event: event.id },
      "too much waits for a webhook: an event is dropped",
    );
  };
  const unsubscribe = deps.history.subscribe((event) => {
    for (const one of running.values()) tell(one, event);
  });

  return {
    configure(webhooks) {
      const wanted = new Set(webhooks.map(({ name }) => name));
      for (const [name, { outbox }] of running) {
        if (wanted.has(name)) continue;
        running.delete(name);
        void outbox.stop();
      }
      for (const [name] of Array.from(index.entries())) if (!wanted.has(name)) forget(name);
      for (const webhook of webhooks) {
        const known = running.get(webhook.name);
        if (known === undefined) running.set(webhook.name, start(webhook));
        else known.now.webhook = webhook;
      }
    },
    counts: () =>
      Array.from(running.values(), ({ now, outbox, results }) => ({
        webhook: now.webhook.name,
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
