import { EVENT_WORDS, type EventType, eventType, typeOf } from "../core/events.ts";
import type { EventQuery, History, PastEvent } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { FallbackPolicy } from "../core/target.ts";
import { type Message, messageOf } from "./message.ts";

/** Selects events by subject and type. An absent list selects all. */
export interface EventFilter {
  /** Names of targets, heartbeats, groups or components. */
  readonly subjects?: ReadonlySet<string>;
  readonly types?: ReadonlySet<EventType>;
}

/** The receiving side of one stream of events. */
export interface Follower {
  readonly wanted: EventFilter;
  /** Id of the last event that the client has seen; later events are replayed first. */
  readonly after?: number;
  event(message: Message): void;
  /**
   * Called when all past events have been delivered, after which calls of `event` are live, and again whenever the state
   * has changed in a way that no event tells.
   * @param newest id of the last event; 0 if there are none
   */
  snapshot(newest: number): void;
  /** Resolves when the client has read what was sent. The next page of past events waits for it. */
  ready(): Promise<void>;
  /** Called when the feed ends the stream. */
  end(): void;
}

/** The handle of one stream, held by its follower. */
export interface Subscription {
  /** Ends the stream because the client left. */
  stop(): void;
  /** Ends the stream because the client reads too slowly, and counts it as dropped. */
  drop(): void;
}

/** Past and live events, for programs. */
export interface Feed {
  /** Delivers the events that `follower` has missed, then live events, in order and each once. */
  follow(follower: Follower): Subscription;
  /** Returns past events by ascending id: the newest `limit`, or with `after` the oldest `limit` after that id. */
  past(query: {
    readonly wanted: EventFilter;
    readonly after?: number;
    readonly limit: number;
  }): Promise<readonly Message[]>;
  /** Returns the type that `word` names; `undefined` for an unknown word. */
  readonly eventType: (word: string) => EventType | undefined;
  /** All words that `eventType` knows. */
  readonly words: readonly string[];
  /** Returns the number of open streams, and of those dropped since the start because their client read too slowly. */
  streams(): { readonly open: number; readonly dropped: number };
  /** Has each live stream send a snapshot: another replica leads, or results have become stale. */
  refresh(): void;
  /** Ends all streams. */
  close(): void;
}

/** Past events read from the history at once. */
const PAGE = 1000;

/** Past events searched by {@link Feed.past} without `after`. */
const SEARCH_LIMIT = 10_000;

/** Live events buffered while a follower catches up. Beyond this the stream ends, and the client resumes by id. */
const MAX_PENDING = 10_000;

/**
 * Creates a feed on top of `history`.
 * @param policyOf returns what consumers of a target should do in fallback
 */
export function createFeed(
  history: History,
  log: Log,
  policyOf: (target: string) => FallbackPolicy | undefined,
): Feed {
  const closing = new Set<() => void>();
  const refreshing = new Set<() => void>();
  let dropped = 0;
  const message = (event: PastEvent): Message => messageOf(event, policyOf);

  const follow = (follower: Follower): Subscription => {
    const { wanted, after } = follower;
    const following = { ended: false };
    let last = after ?? 0;
    /** Events recorded while past events are still being read; `undefined` once live. */
    let pending: PastEvent[] | undefined = [];
    const stop = (): void => {
      following.ended = true;
      pending = undefined;
      unsubscribe();
      closing.delete(close);
      refreshing.delete(refresh);
    };
    const close = (): void => {
      stop();
      follower.end();
    };
    const refresh = (): void => {
      if (pending === undefined && !following.ended) follower.snapshot(last);
    };
    const deliver = (event: PastEvent): void => {
      if (following.ended || event.id <= last) return;
      last = event.id;
      if (isWanted(event, wanted)) follower.event(message(event));
    };
    const unsubscribe = history.subscribe((event) => {
      if (pending === undefined) deliver(event);
      else if (pending.push(event) > MAX_PENDING) close();
    });
    closing.add(close);
    refreshing.add(refresh);

    const catchUp = async (): Promise<void> => {
      const newest = (await history.events({ limit: 1 })).at(-1)?.id ?? 0;
      // An id above the newest comes from another exporter or a lost store: no such event will ever follow it.
      if (after === undefined || after > newest) last = newest;
      while (!following.ended && last < newest) {
        const page = await history.events({ after: last, limit: PAGE });
        for (const event of page) deliver(event);
        if (page.length === 0) last = newest;
        await follower.ready();
      }
    };
    const goLive = (): void => {
      if (following.ended) return;
      const buffered = pending ?? [];
      pending = undefined;
      for (const event of buffered) deliver(event);
      if (!following.ended) follower.snapshot(last);
    };
    catchUp()
      .catch((error: unknown) => log.error({ err: error }, "past events cannot be read"))
      .finally(goLive)
      .catch((error: unknown) => {
        log.error({ err: error }, "a stream of events failed, which is a bug of the exporter");
        close();
      });
    return {
      stop,
      drop() {
        dropped += 1;
        stop();
      },
    };
  };

  return {
    follow,
    async past({ wanted, after, limit }) {
      const found: PastEvent[] = [];
      // Read in pages, because wanted events may be rare.
      if (after !== undefined) {
        for (let last = after; found.length < limit; ) {
          const page = await history.events({ after: last, limit: PAGE });
          found.push(...page.filter((event) => isWanted(event, wanted)));
          const end = page.at(-1);
          if (end === undefined || page.length < PAGE) break;
          last = end.id;
        }
        return found.slice(0, limit).map(message);
      }
      const events = await history.events({ ...historyFilter(wanted), limit: SEARCH_LIMIT });
      return events
        .filter((event) => isWanted(event, wanted))
        .slice(-limit)
        .map(message);
    },
    eventType,
    words: EVENT_WORDS,
    streams: () => ({ open: closing.size, dropped }),
    refresh() {
      for (const refresh of refreshing) refresh();
    },
    close() {
      for (const close of Array.from(closing)) close();
    },
  };
}

const isWanted = (event: PastEvent, { subjects, types }: EventFilter): boolean =>
  (subjects === undefined || subjects.has(event.subject)) &&
  (types === undefined || types.has(typeOf(event)));

/** Returns the part of a filter that the history itself can apply. */
function historyFilter({ subjects }: EventFilter): Pick<EventQuery, "subject"> {
  const [only, ...others] = subjects ?? [];
  return only === undefined || others.length > 0 ? {} : { subject: only };
}
