import type { Channel } from "../../core/channel.ts";
import type { Log } from "../../core/log.ts";
import type { Memory } from "../../core/memory.ts";
import type { Notice } from "../../core/notice.ts";
import { seconds } from "../../core/units.ts";
import { type SendDeps, sendOnce } from "../channels/send.ts";
import { createOutbox, type Outbox } from "../delivery/outbox.ts";
import type { AttemptResult, ItemFacts, QueuedItem } from "../delivery/retry.ts";
import { createRelayAudit, type RelayAudit } from "../relays/audit.ts";
import { type DecidedItem, decide, follow, type Moment } from "./decide.ts";
import { type Message, messageOf, readMessage } from "./message.ts";
import { observe } from "./observe.ts";
import { keyOf } from "./state.ts";
import { openStoredState } from "./stored.ts";

/** Services that channels need. */
export interface ChannelDeps extends SendDeps {
  readonly log: Log;
  readonly memory: Memory;
  readonly random: () => number;
  /** Address of the exporter, for people. */
  readonly link?: string;
}

/** A channel with its queue and its memory. */
export interface RunningChannel {
  readonly channel: () => Channel;
  readonly outbox: Outbox;
  readonly audit: RelayAudit;
  configure(channel: Channel): void;
  notice(notice: Notice): void;
  /**
   * Sends a message if one is due.
   * @param leads false for a replica whose messages another one sends
   */
  tick(moment: Omit<Moment, "ready">, leads: boolean): void;
  stop(): Promise<void>;
}

/** At most one message waits, besides dead letters that are sent again. */
const LIMITS = { items: 200, bytes: 16 * 2 ** 20, dead: 100, concurrency: 1 };

const BACKOFF = { initial: seconds(1), max: seconds(60) };

/** Longest list of names shown by the API, in UTF-16 code units. */
const LONGEST_LIST = 200;

/** Names of the state that a channel keeps. */
export const namespacesOf = (name: string) =>
  ({
    state: `notify-state/${name}`,
    outbox: `notify-outbox/${name}`,
    audit: `notify-audit/${name}`,
  }) as const;

/** Restores a channel and continues with its queue. */
export function startChannel(configured: Channel, deps: ChannelDeps): RunningChannel {
  const { clock, memory, log, link } = deps;
  let channel = configured;
  const { name } = channel;
  const namespaces = namespacesOf(name);
  const state = openStoredState(memory.namespace(namespaces.state), log);
  const audit = createRelayAudit(memory.namespace(namespaces.audit));
  const outbox = createOutbox({
    clock,
    log: channelLog(log, name),
    store: memory.namespace(namespaces.outbox),
    random: deps.random,
    policy: () => ({ ...BACKOFF, maxAge: channel.maxAge }),
    send: (item, signal) => attempt(channel, item, signal, deps),
    onResult(result, item) {
      audit.record(result, item, clock.now());
      log.debug({ channel: name, id: item.id, result, attempts: item.attempts }, "notification");
    },
    limits: LIMITS,
  });

  const queue = (message: Message): void => {
    const body = JSON.stringify(message);
    const added = outbox.add({
      id: message.id,
      key: name,
      body,
      contentType: "application/json",
      about: factsOf(message),
    });
    if (added === "full")
      log.error({ channel: name, id: message.id }, "a message found no room in the queue");
    else log.info({ channel: name, id: message.id, subjects: message.items.length }, "notification queued");
  };

  const send = (items: readonly DecidedItem[], waited: Message["summaryOf"]): void => {
    const now = clock.now();
    const { number } = state.read();
    const id = `${Math.floor(now).toString(36)}-${number}`;
    queue(messageOf({ id, at: now, ...(link === undefined ? {} : { link }) }, items, waited ?? seconds(0)));
  };

  return {
    channel: () => channel,
    outbox,
    audit,
    configure(next) {
      channel = next;
    },
    notice(notice) {
      const key = keyOf(notice);
      const tracked = observe(state.read().tracked.get(key), notice, channel, clock.now());
      if (tracked !== undefined) state.set(key, tracked);
    },
    tick(moment, leads) {
      const full: Moment = { ...moment, ready: outbox.queued().length === 0 };
      if (!leads) return state.write(follow(state.read(), channel, full));
      const { state: next, items, waited } = decide(state.read(), channel, full);
      // Both in one step, so that a restart finds both or neither.
      state.write(next);
      if (items !== undefined) send(items, waited);
    },
    stop: () => outbox.stop(),
  };
}

async function attempt(
  channel: Channel,
  item: QueuedItem,
  signal: AbortSignal,
  deps: ChannelDeps,
): Promise<AttemptResult> {
  const message = readMessage(item.body);
  if (message === undefined) return { kind: "refused", detail: "the stored message cannot be read" };
  return (await sendOnce(channel, message, signal, deps)).result;
}

/** Returns the facts about a message for the API. */
function factsOf({ items, omitted }: Message): ItemFacts {
  const names = items.map(({ name }) => name).join(", ");
  return {
    subject: names.length > LONGEST_LIST ? `${items.length + omitted} subjects` : names,
    event: [...new Set(items.map(({ event }) => event))].join(", "),
    alert: "",
    fingerprint: "",
  };
}

const channelLog = (log: Log, channel: string): Log => ({
  debug: (fields, message) => log.debug({ channel, ...fields }, message),
  info: (fields, message) => log.info({ channel, ...fields }, message),
  warn: (fields, message) => log.warn({ channel, ...fields }, message),
  error: (fields, message) => log.error({ channel, ...fields }, message),
});
