import { isGood, type Notice, type NoticeEvent, type Severity, traitsOf } from "../../core/notice.ts";
import type { Seconds, Timestamp } from "../../core/units.ts";

/** The event of a subject that a channel told last. */
export interface ToldEvent {
  readonly event: NoticeEvent;
  readonly severity: Severity;
  readonly at: Timestamp;
  readonly reason?: string;
}

/** Changes of a subject since the last message about it. */
export interface PendingChange {
  readonly since: Timestamp;
  readonly changes: number;
  /** The first event among them that the channel's rule selects. */
  readonly first?: Notice;
  /** Earliest time of the message, after a dependency came back. */
  readonly notBefore?: Timestamp;
  /** Set while maintenance or a dependency that is down holds it back: how long the subject may take to recover after that. */
  readonly held?: Seconds;
}

/** One aspect of a subject, as a channel follows it. */
export interface Tracked {
  /** The newest notice. */
  readonly notice: Notice;
  /** When it became bad; kept until it is bad again. */
  readonly badSince?: Timestamp;
  readonly told?: ToldEvent;
  readonly pending?: PendingChange;
  /** Times of the messages about it within the last hour. */
  readonly recent: readonly Timestamp[];
}

/** Everything that a channel remembers. */
export interface ChannelState {
  /** By {@link keyOf}. */
  readonly tracked: ReadonlyMap<string, Tracked>;
  /** Times of the messages within the last hour. */
  readonly sent: readonly Timestamp[];
  /** Number of messages so far. */
  readonly number: number;
}

/** Returns the key of what a notice is about: notices with the same key replace each other. */
export const keyOf = ({ subject, event }: Pick<Notice, "subject" | "event">): string =>
  `${subject.kind}/${traitsOf(event).aspect}/${subject.name}`;

/** Reports whether people believe that something is wrong, because a message said so. */
export const isToldBad = ({ told }: Pick<Tracked, "told">): boolean =>
  told !== undefined && !isGood(told.event);
