import type { AlertGroup } from "../../core/alert.ts";
import type { Relay } from "../../core/relay.ts";
import type { DeadLetter, QueuedItem } from "../delivery/retry.ts";
import type { PastDelivery, RelayCounts } from "./audit.ts";
import { type RelayDeps, type RunningRelay, startRelay } from "./running-relay.ts";

/** The answer to a notification. Once it is `stored`, its events will be delivered. */
export type RelayAcceptance =
  /** Numbers of new events, and of alerts that needed none. */
  | { readonly kind: "stored"; readonly events: number; readonly known: number }
  /** The events cannot be stored now; the sender should retry. */
  | { readonly kind: "refused"; readonly text: string };

/** A relay as shown by routes and metrics. */
export interface RelayView {
  readonly name: string;
  readonly counts: RelayCounts;
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
  /** Stores an event for each change, to be delivered from then on. */
  accept(name: string, group: AlertGroup): Promise<RelayAcceptance>;
  list(): readonly RelayView[];
  /** Queues one dead letter or all again; returns their number. */
  replay(name: string, id?: string): number;
  /** Deletes one dead letter or all; returns their number. */
  discard(name: string, id?: string): number;
  stop(): Promise<void>;
}

/** Creates the relays, none of which is configured yet. */
export function createRelays(deps: RelayDeps): Relays {
  const { log, memory } = deps;
  const relaysByName = new Map<string, RunningRelay>();
  return {
    configure(relays) {
      const names = new Set(relays.map(({ name }) => name));
      for (const [name, running] of relaysByName) {
        if (names.has(name)) continue;
        relaysByName.delete(name);
        void running.stop();
      }
      for (const relay of relays) {
        const running = relaysByName.get(relay.name);
        if (running === undefined) relaysByName.set(relay.name, startRelay(relay, deps));
        else running.configure(relay);
      }
    },
    find: (name) => relaysByName.get(name)?.relay(),
    async accept(name, group) {
      const running = relaysByName.get(name);
      if (running === undefined) return { kind: "refused", text: "the relay is no longer configured" };
      const { events, known, full } = running.accept(group);
      try {
        await memory.flush();
      } catch (error) {
        log.error({ relay: name, err: error }, "events of a relay cannot be stored");
        return { kind: "refused", text: "the events cannot be stored; see the exporter's log" };
      }
      if (full) {
        log.error({ relay: name }, "the queue of a relay is full");
        return { kind: "refused", text: "the queue is full" };
      }
      running.countTruncated(group);
      if (events > 0) log.info({ relay: name, events, known }, "relay accepted alerts");
      return { kind: "stored", events, known };
    },
    list: () =>
      Array.from(relaysByName.values(), ({ relay, outbox, audit }) => ({
        name: relay().name,
        counts: audit.counts(),
        queued: outbox.queued(),
        dead: outbox.dead(),
        recent: audit.recent(),
      })),
    replay: (name, id) => relaysByName.get(name)?.outbox.replay(id) ?? 0,
    discard: (name, id) => relaysByName.get(name)?.outbox.discard(id) ?? 0,
    async stop() {
      await Promise.all(Array.from(relaysByName.values(), (running) => running.stop()));
    },
  };
}
