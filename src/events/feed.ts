import { EVENT_WORDS, type EventType, eventType, typeOf } from "../core/events.ts";
import type { EventQuery, History, PastEvent } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { FallbackPolicy } from "../core/target.ts";
import { type Message, messageOf } from "./message.ts";

/** Which events somebody wants; without a list all. */
export interface EventFilter {
  /** Names of targets, heartbeats or groups. */
  readonly subjects?: ReadonlySet<string>;
  readonly types?: ReadonlySet<EventType>;
}

/** Somebody who follows events. */
export interface Follower {
  readonly wanted: EventFilter;
  /** The number of the last event that is known to them: what happened since is told first. */
  readonly after?: number;
  event(message: Message): void;
  /**
   * Everything before has been told, and `event` tells what happens from now on.
   * @param newest the number of the last event, 0 when there is none
   */
  caughtUp(newest: number): void;
  /** Resolves when they have taken in what they were told; they are not told more of the past before. */
  ready(): Promise<void>;
  /** Nothing more will be told. */
  end(): void;
}

/** What somebody who follows holds of the feed. */
export interface Subscription {
  /** No more is wanted. */
  stop(): void;
  /** The same, because they did not take in what they were told. */
  drop(): void;
}

/** Events for programs: those of the past, and those to come. */
export interface Feed {
  /** Tells `follower` what they missed, then what happens, in order and each once. */
  follow(follower: Follower): Subscription;
  /** In the order of their numbers: the newest `limit`, or the oldest of those after a number. */
  past(query: {
    readonly wanted: EventFilter;
    readonly after?: number;
    readonly limit: number;
  }): Promise<readonly Message[]>;
  /** The type that a word names, and all words there are. */
  readonly eventType: (word: string) => EventType | undefined;
  readonly words: readonly string[];
  /** How many follow at present, and how many were dropped since the start because they did not read. */
  streams(): { readonly open: number; readonly dropped: number };
  /** Ends all followers. */
  close(): void;
}

/** How many events of the past are read at once. */
const PAGE = 1000;

/** What may happen while somebody is told of the past. */
const MOST_HELD = 10_000;

export function createFeed(
  history: History,
  log: Log,
  policyOf: (target: string) => FallbackPolicy | undefined,
): Feed {
  const closing = new Set<() => void>();
  let dropped = 0;
  const message = (event: PastEvent): Message => messageOf(event, policyOf);

  const follow = (follower: Follower): Subscription => {
    const { wanted, after } = follower;
    const following = { ended: false };
    let last = after ?? 0;
    /** What happens while the past is read. */
    let held: PastEvent[] | undefined = [];
    const stop = (): void => {
      following.ended = true;
      held = undefined;
      unsubscribe();
      closing.delete(close);
    };
    const close = (): void => {
      stop();
      follower.end();
    };
    const deliver = (event: PastEvent): void => {
      if (following.ended || event.id <= last) return;
      last = event.id;
      if (isWanted(event, wanted)) follower.event(message(event));
    };
    const unsubscribe = history.subscribe((event) => {
      if (held === undefined) deliver(event);
      else if (held.push(event) > MOST_HELD) close();
    });
    closing.add(close);

    const catchUp = async (): Promise<void> => {
      const newest = (await history.events({ limit: 1 })).at(-1)?.id ?? 0;
      // A number from the future is of another exporter, or of a store that was lost: waiting for it would be in vain.
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
      const meanwhile = held ?? [];
      held = undefined;
      for (const event of meanwhile) deliver(event);
      if (!following.ended) follower.caughtUp(last);
    };
    catchUp()
      .catch((error: unknown) => log.error({ err: error }, "events of the past cannot be read"))
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
      // Read in pages, because what is wanted may be rare.
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
      const events = await history.events({ ...narrowed(wanted), limit: MOST_HELD });
      return events
        .filter((event) => isWanted(event, wanted))
        .slice(-limit)
        .map(message);
    },
    eventType,
    words: EVENT_WORDS,
    streams: () => ({ open: closing.size, dropped }),
    close() {
      for (const close of Array.from(closing)) close();
    },
  };
}

const isWanted = (event: PastEvent, { subjects, types }: EventFilter): boolean =>
  (subjects === undefined || subjects.has(event.subject)) &&
  (types === undefined || types.has(typeOf(event)));

/** What the history itself can leave away. */
function narrowed({ subjects }: EventFilter): Pick<EventQuery, "subject"> {
  const [only, ...others] = subjects ?? [];
  return only === undefined || others.length > 0 ? {} : { subject: only };
}
