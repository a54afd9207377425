import type { Channel } from "../../core/channel.ts";
import type { WindowTimes } from "../../core/maintenance.ts";
import type { Notice } from "../../core/notice.ts";
import { seconds, type Timestamp } from "../../core/units.ts";
import type { DeadLetter, QueuedItem } from "../delivery/retry.ts";
import type { PastDelivery, RelayCounts } from "../relays/audit.ts";
import type { Moment } from "./decide.ts";
import { type ChannelDeps, namespacesOf, type RunningChannel, startChannel } from "./running-channel.ts";

/** A channel as shown by routes and metrics. */
export interface ChannelView {
  readonly name: string;
  readonly preset: string;
  readonly counts: RelayCounts;
  readonly queued: readonly QueuedItem[];
  readonly dead: readonly DeadLetter[];
  /** Newest first. */
  readonly recent: readonly PastDelivery[];
}

/** Sends messages about what happens to channels. */
export interface Notifier {
  /** Applies a configuration. A channel whose name stays the same keeps its queue and what it told. */
  configure(channels: readonly Channel[]): void;
  /** Passes a notice to each channel. */
  notice(notice: Notice): void;
  has(name: string): boolean;
  list(): readonly ChannelView[];
  /** Queues one dead letter or all again; returns their number. */
  replay(name: string, id?: string): number;
  /** Deletes one dead letter or all; returns their number. */
  discard(name: string, id?: string): number;
  /** Aborts attempts in progress. Queued messages remain stored. */
  stop(): Promise<void>;
}

/** Services that the notifier needs. */
export interface NotifierDeps extends ChannelDeps, Pick<Moment, "holdOf" | "exists"> {
  /** Compiles times of quiet hours to a function that tells whether they include a time. */
  readonly within: (times: WindowTimes) => (now: Timestamp) => boolean;
  /** Returns false if another replica sends the messages. */
  readonly leads: () => boolean;
}

/** How often channels decide. */
const INTERVAL = seconds(1);

interface ConfiguredChannel {
  readonly running: RunningChannel;
  readonly isQuiet: (now: Timestamp) => boolean;
}

/** Creates the notifier, without channels. */
export function createNotifier(deps: NotifierDeps): Notifier {
  const { clock, memory, holdOf, exists } = deps;
  /** The names of all channels with state, so that the state of removed ones can be deleted. */
  const index = memory.namespace("notify");
  const channels = new Map<string, ConfiguredChannel>();
  let cancel: (() => void) | undefined;

  const tick = (): void => {
    const now = clock.now();
    const leads = deps.leads();
    for (const { running, isQuiet } of channels.values()) {
      running.tick({ now, quiet: isQuiet(now), holdOf, exists }, leads);
    }
    cancel = clock.after(INTERVAL, tick);
  };

  const forget = (name: string): void => {
    for (const namespace of Object.values(namespacesOf(name))) {
      const store = memory.namespace(namespace);
      for (const [key] of Array.from(store.entries())) store.delete(key);
    }
    index.delete(name);
  };

  const outboxOf = (name: string) => channels.get(name)?.running.outbox;

  return {
    configure(wanted) {
      const names = new Set(wanted.map(({ name }) => name));
      for (const [name, { running }] of channels) {
        if (names.has(name)) continue;
        channels.delete(name);
        void running.stop();
      }
      for (const [name] of Array.from(index.entries())) if (!names.has(name)) forget(name);
      for (const channel of wanted) {
        const known = channels.get(channel.name)?.running;
        known?.configure(channel);
        index.put(channel.name, true);
        const { quietHours } = channel;
        channels.set(channel.name, {
          running: known ?? startChannel(channel, deps),
          isQuiet: quietHours === undefined ? () => false : deps.within(quietHours.times),
        });
      }
      if (channels.size > 0) cancel ??= clock.after(INTERVAL, tick);
    },
    notice(notice) {
      for (const { running } of channels.values()) running.notice(notice);
    },
    has: (name) => channels.has(name),
    list: () =>
      Array.from(channels.values(), ({ running: { channel, outbox, audit } }) => ({
        name: channel().name,
        preset: channel().preset.name,
        counts: audit.counts(),
        queued: outbox.queued(),
        dead: outbox.dead(),
        recent: audit.recent(),
      })),
    replay: (name, id) => outboxOf(name)?.replay(id) ?? 0,
    discard: (name, id) => outboxOf(name)?.discard(id) ?? 0,
    async stop() {
      cancel?.();
      await Promise.all(Array.from(channels.values(), ({ running }) => running.stop()));
    },
  };
}
