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
import { type AlertEpisodes, classifyAlert, createLedger } from "./episodes.ts";
import { type MachineFacts, shapeEvent, subjectOf } from "./shapes.ts";

/** What became of a notification. Only what is `stored` is sure to leave. */
export type RelayAcceptance =
  | { readonly kind: "stored"; readonly events: number; readonly known: number }
  /** It cannot be kept at present, and is to be sent again. */
  | { readonly kind: "refused"; readonly text: string };

/** A delivery, as it is shown. */
export interface PastDelivery {
  readonly id: string;
  readonly result: DeliveryResult;
  readonly at: Timestamp;
  readonly attempts: number;
  readonly error?: string;
}

/** A relay, as it is shown. */
export interface RelayView {
  readonly name: string;
  readonly counts: Readonly<Record<DeliveryResult, number>>;
  readonly queued: readonly QueuedItem[];
  readonly dead: readonly DeadLetter[];
  /** The newest first. */
  readonly recent: readonly PastDelivery[];
}

/** All relays. */
export interface Relays {
  /** Takes over a configuration; a relay that keeps its name keeps what waits in it. */
  configure(relays: readonly Relay[]): void;
  find(name: string): Relay | undefined;
  /** Stores an event for each alert that is news, and hands them on from then on. */
  take(name: string, group: AlertGroup): Promise<RelayAcceptance>;
  list(): readonly RelayView[];
  /** Sends dead letters again; tells how many. */
  replay(name: string, id?: string): number;
  /** Forgets dead letters; tells how many. */
  discard(name: string, id?: string): number;
  stop(): Promise<void>;
}

export interface RelaysDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: Memory;
  readonly random: () => number;
  readonly userAgent: string;
  /** What the exporter knows itself of what an alert is about. */
  readonly known: (name: string) => MachineFacts | undefined;
}

interface Line {
  relay: Relay;
  readonly outbox: Outbox;
  readonly ledger: AlertEpisodes;
  readonly counts: Record<DeliveryResult, number>;
  readonly recent: PastDelivery[];
}

const MOST_RECENT = 50;

export function createRelays(deps: RelaysDeps): Relays {
  const { clock, log, memory } = deps;
  const lines = new Map<string, Line>();

  const open = (relay: Relay): Line => {
    const counts = { delivered: 0, retried: 0, dead: 0 };
    const recent: PastDelivery[] = [];
    const note = (result: DeliveryResult, { id, attempts, lastError: error }: QueuedItem): void => {
      counts[result] += 1;
      const failed = result === "delivered" || error === undefined ? {} : { error };
      recent.unshift({ id, result, at: clock.now(), attempts, ...failed });
      recent.length = Math.min(recent.length, MOST_RECENT);
      log.debug({ relay: relay.name, id, result, attempts, ...failed }, "relay delivery");
    };
    const line: Line = {
      relay,
      counts,
      recent,
      ledger: createLedger(memory.namespace(`relay-ledger/${relay.name}`), () => clock.now()),
      outbox: createOutbox({
        clock,
        log,
        shelf: memory.namespace(`relay-outbox/${relay.name}`),
        random: deps.random,
        policy: () => line.relay.retry,
        send: (item, signal) => deliver(line.relay, item, signal, deps),
        onResult: note,
      }),
    };
    return line;
  };

  /** What could not be kept, if anything. */
  const takeAlert = (
    { relay, ledger, outbox }: Line,
    alert: Alert,
    group: AlertGroup,
  ): "event" | "known" | "full" => {
    const judgement = classifyAlert(relay.name, ledger.get(alert.fingerprint), alert, clock.now());
    if (judgement.kind === "unasked") return "known";
    if (judgement.kind === "known") {
      ledger.put(alert.fingerprint, judgement.episode);
      return "known";
    }
    const { id, follows } = judgement;
    const event = shapeEvent(relay.shape, { id, alert, group, known: deps.known(subjectOf(alert)) });
    const added = outbox.add({
      id,
      key: alert.fingerprint,
      ...event,
      ...defined({ follows }),
    });
    if (added === "full") return "full";
    ledger.put(alert.fingerprint, judgement.episode);
    return added === "added" ? "event" : "known";
  };

  return {
    configure(relays) {
      const names = new Set(relays.map(({ name }) => name));
      for (const [name, line] of lines) {
        if (names.has(name)) continue;
        lines.delete(name);
        void line.outbox.stop();
      }
      for (const relay of relays) {
        const line = lines.get(relay.name);
        if (line === undefined) lines.set(relay.name, open(relay));
        else line.relay = relay;
      }
    },
    find: (name) => lines.get(name)?.relay,
    async take(name, group) {
      const line = lines.get(name);
      if (line === undefined) return { kind: "refused", text: "there is no such relay any more" };
      const fates = group.alerts.map((alert) => takeAlert(line, alert, group));
      const events = fates.filter((fate) => fate === "event").length;
      const known = fates.filter((fate) => fate === "known").length;
      try {
        await memory.flush();
      } catch (error) {
        log.error({ relay: name, err: error }, "events of a relay cannot be stored");
        return { kind: "refused", text: "the event cannot be stored; the exporter's log says more" };
      }
      if (events + known < fates.length) {
        log.error({ relay: name }, "the queue of a relay is full");
        return { kind: "refused", text: "the queue is full" };
      }
      if (events > 0) log.info({ relay: name, events, known }, "relay took alerts");
      return { kind: "stored", events, known };
    },
    list: () =>
      Array.from(lines.values(), ({ relay, counts, outbox, recent }) => ({
        name: relay.name,
        counts: { ...counts },
        queued: outbox.queued(),
        dead: outbox.dead(),
        recent: [...recent],
      })),
    replay: (name, id) => lines.get(name)?.outbox.replay(id) ?? 0,
    discard: (name, id) => lines.get(name)?.outbox.discard(id) ?? 0,
    async stop() {
      await Promise.all(Array.from(lines.values(), ({ outbox }) => outbox.stop()));
    },
  };
}
