import type { Alert, AlertGroup } from "../../core/alert.ts";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { Log } from "../../core/log.ts";
import type { Memory } from "../../core/memory.ts";
import type { Relay } from "../../core/relay.ts";
import type { Timestamp } from "../../core/units.ts";
import { createOutbox, type DeliveryResult, type Outbox } from "../delivery/outbox.ts";
import type { DeadLetter, QueuedItem } from "../delivery/retry.ts";
import { deliver } from "../delivery/webhook.ts";
import { type AlertEpisodes, classifyAlert, createAlertEpisodes } from "./episodes.ts";
import { type MachineFacts, shapeEvent, subjectOf } from "./shapes.ts";

/** The answer to a notification. Once it is `stored`, its events will be delivered. */
export type RelayAcceptance =
  /** Numbers of new events, and of alerts that needed none. */
  | { readonly kind: "stored"; readonly events: number; readonly known: number }
  /** The events cannot be stored now; the sender should retry. */
  | { readonly kind: "refused"; readonly text: string };

/** A delivery attempt as shown by the API. */
export interface PastDelivery {
  readonly id: string;
  readonly result: DeliveryResult;
  readonly at: Timestamp;
  readonly attempts: number;
  readonly error?: string;
}

/** A relay as shown by routes and metrics. */
export interface RelayView {
  readonly name: string;
  readonly counts: Readonly<Record<DeliveryResult, number>>;
  readonly queued: readonly QueuedItem[];
  readonly dead: readonly DeadLetter[];
  /** Newest first. */
  readonly recent: readonly PastDelivery[];
}

/** All relays. */
export interface Relays {
  /** Applies a configuration. A relay whose name stays the same keeps its queue. */
  configure(relays: readonly Relay[]): void;
  find(name: string): Relay | undefined;
  /** Stores an event for each alert that is news, to be delivered from then on. */
  accept(name: string, group: AlertGroup): Promise<RelayAcceptance>;
  list(): readonly RelayView[];
  /** Queues one dead letter or all again; returns their number. */
  replay(name: string, id?: string): number;
  /** Deletes one dead letter or all; returns their number. */
  discard(name: string, id?: string): number;
  stop(): Promise<void>;
}

export interface RelaysDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly random: () => number;
  readonly userAgent: string;
  /** Returns what the exporter knows about the subject of an alert. */
  readonly machineFacts: (name: string) => MachineFacts | undefined;
}

interface RunningRelay {
  relay: Relay;
  readonly outbox: Outbox;
  readonly episodes: AlertEpisodes;
  readonly counts: Record<DeliveryResult, number>;
  readonly recent: PastDelivery[];
}

/** Most deliveries shown by the API. */
const MAX_RECENT = 50;

/** Creates the relays, none of which is configured yet. */
export function createRelays(deps: RelaysDeps): Relays {
  const { clock, log, memory } = deps;
  const relaysByName = new Map<string, RunningRelay>();

  const start = (relay: Relay): RunningRelay => {
    const counts = { delivered: 0, retried: 0, dead: 0 };
    const recent: PastDelivery[] = [];
    const recordResult = (result: DeliveryResult, { id, attempts, lastError: error }: QueuedItem): void => {
      counts[result] += 1;
      const failed = result === "delivered" || error === undefined ? {} : { error };
      recent.unshift({ id, result, at: clock.now(), attempts, ...failed });
      recent.length = Math.min(recent.length, MAX_RECENT);
      log.debug({ relay: relay.name, id, result, attempts, ...failed }, "relay delivery");
    };
    const running: RunningRelay = {
      relay,
      counts,
      recent,
      episodes: createAlertEpisodes(memory.namespace(`relay-ledger/${relay.name}`), () => clock.now()),
      outbox: createOutbox({
        clock,
        log,
        store: memory.namespace(`relay-outbox/${relay.name}`),
        random: deps.random,
        policy: () => running.relay.retry,
        send: (item, signal) => deliver(running.relay, item, signal, deps),
        onResult: recordResult,
      }),
    };
    return running;
  };

  /** Queues an event if the alert is news. */
  const acceptAlert = (
    { relay, episodes, outbox }: RunningRelay,
    alert: Alert,
    group: AlertGroup,
  ): "event" | "known" | "full" => {
    const classified = classifyAlert(relay.name, episodes.get(alert.fingerprint), alert, clock.now());
    if (classified.kind === "unmatched") return "known";
    if (classified.kind === "known") {
      episodes.put(alert.fingerprint, classified.episode);
      return "known";
    }
    const { id, follows } = classified;
    const machine = deps.machineFacts(subjectOf(alert));
    const event = shapeEvent(relay.shape, { id, alert, group, machine });
    const added = outbox.add({
      id,
      key: alert.fingerprint,
      ...event,
      ...defined({ follows }),
    });
    if (added === "full") return "full";
    episodes.put(alert.fingerprint, classified.episode);
    return added === "added" ? "event" : "known";
  };

  return {
    configure(relays) {
      const names = new Set(relays.map(({ name }) => name));
      for (const [name, running] of relaysByName) {
        if (names.has(name)) continue;
        relaysByName.delete(name);
        void running.outbox.stop();
      }
      for (const relay of relays) {
        const running = relaysByName.get(relay.name);
        if (running === undefined) relaysByName.set(relay.name, start(relay));
        else running.relay = relay;
      }
    },
    find: (name) => relaysByName.get(name)?.relay,
    async accept(name, group) {
      const running = relaysByName.get(name);
      if (running === undefined) return { kind: "refused", text: "the relay is no longer configured" };
      const results = group.alerts.map((alert) => acceptAlert(running, alert, group));
      const events = results.filter((result) => result === "event").length;
      const known = results.filter((result) => result === "known").length;
      try {
        await memory.flush();
      } catch (error) {
        log.error({ relay: name, err: error }, "events of a relay cannot be stored");
        return { kind: "refused", text: "the events cannot be stored; see the exporter's log" };
      }
      if (events + known < results.length) {
        log.error({ relay: name }, "the queue of a relay is full");
        return { kind: "refused", text: "the queue is full" };
      }
      if (events > 0) log.info({ relay: name, events, known }, "relay accepted alerts");
      return { kind: "stored", events, known };
    },
    list: () =>
      Array.from(relaysByName.values(), ({ relay, counts, outbox, recent }) => ({
        name: relay.name,
        counts: { ...counts },
        queued: outbox.queued(),
        dead: outbox.dead(),
        recent: [...recent],
      })),
    replay: (name, id) => relaysByName.get(name)?.outbox.replay(id) ?? 0,
    discard: (name, id) => relaysByName.get(name)?.outbox.discard(id) ?? 0,
    async stop() {
      await Promise.all(Array.from(relaysByName.values(), ({ outbox }) => outbox.stop()));
    },
  };
}
