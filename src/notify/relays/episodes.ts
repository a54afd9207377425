import { createHash } from "node:crypto";
import type { Alert } from "../../core/alert.ts";
import type { StateStore } from "../../core/memory.ts";
import { elapsed, seconds, type Timestamp, timestamp } from "../../core/units.ts";

/** One period of an alert, from firing to resolved, and the events sent about it. */
export interface Episode {
  readonly startsAt: Timestamp;
  /** Id of the event about its start. */
  readonly firing: string;
  /** Id of the event about its end. */
  readonly resolved?: string;
  /** When Alertmanager last mentioned it. */
  readonly seenAt: Timestamp;
}

/** Whether an alert is news for the relay's receiver, given what was already sent. */
export type Classification =
  | {
      readonly kind: "event";
      readonly id: string;
      /** Id of the event that must be delivered first. */
      readonly follows?: string;
      readonly episode: Episode;
    }
  /** An event was sent already. */
  | { readonly kind: "known"; readonly episode: Episode }
  /** A resolved alert about whose start no event was sent. */
  | { readonly kind: "unmatched" };

/**
 * Decides whether `alert` is news. Alertmanager repeats notifications, both regularly and after a timeout, and may
 * deliver an older one after a newer one. The start of a firing alert can move back, when another Prometheus saw it
 * earlier.
 * @param relay part of the event's id: the same alert through two relays makes two events
 */
export function classifyAlert(
  relay: string,
  episode: Episode | undefined,
  alert: Alert,
  now: Timestamp,
): Classification {
  const { fingerprint, startsAt, status } = alert;
  const idOf = (start: Timestamp, change: Alert["status"]): string => {
    const hash = createHash("sha256").update(JSON.stringify([relay, fingerprint, start, change]));
    return `evt_${hash.digest("hex").slice(0, 32)}`;
  };
  if (status === "firing") {
    if (episode !== undefined && startsAt <= episode.startsAt) {
      return { kind: "known", episode: { ...episode, seenAt: now } };
    }
    const id = idOf(startsAt, "firing");
    return { kind: "event", id, episode: { startsAt, firing: id, seenAt: now } };
  }
  if (episode === undefined) return { kind: "unmatched" };
  // A late notification about the end of an earlier episode does not end the present one.
  if (episode.resolved !== undefined || endedBefore(alert, episode)) {
    return { kind: "known", episode: { ...episode, seenAt: now } };
  }
  const id = idOf(episode.startsAt, "resolved");
  return {
    kind: "event",
    id,
    follows: episode.firing,
    episode: { ...episode, resolved: id, seenAt: now },
  };
}

const endedBefore = ({ endsAtText }: Alert, { startsAt }: Episode): boolean =>
  Date.parse(endsAtText) / 1000 < startsAt;

/** The last episode of each alert, by fingerprint, persisted. */
export interface AlertEpisodes {
  get(fingerprint: string): Episode | undefined;
  put(fingerprint: string, episode: Episode): void;
}

/** How long an unmentioned episode is kept. Alertmanager repeats firing alerts every few hours, so by then it is over. */
const RETENTION = seconds(30 * 86_400);

/** Most episodes kept; beyond it the longest unmentioned are dropped. */
const MAX_EPISODES = 50_000;

/** Writes between two prunings. */
const PRUNE_INTERVAL = 1_000;

/**
 * Restores the episodes of the previous run.
 * @param store used for nothing else
 */
export function createAlertEpisodes(store: StateStore, now: () => Timestamp): AlertEpisodes {
  let episodes = new Map<string, Episode>();
  for (const [key, value] of store.entries()) {
    const episode = readEpisode(value);
    if (episode === undefined) store.delete(key);
    else episodes.set(key, episode);
  }
  let writes = 0;

  const prune = (): void => {
    const oldestFirst = [...episodes].toSorted(([, a], [, b]) => a.seenAt - b.seenAt);
    const excess = oldestFirst.length - MAX_EPISODES;
    const kept = oldestFirst.filter(([, { seenAt }], i) => i >= excess && elapsed(seenAt, now()) < RETENTION);
    episodes = new Map(kept);
    for (const [key] of oldestFirst) if (!episodes.has(key)) store.delete(key);
  };
  prune();

  return {
    get: (fingerprint) => episodes.get(fingerprint),
    put(fingerprint, episode) {
      episodes.set(fingerprint, episode);
      store.put(fingerprint, episode);
      writes += 1;
      if (writes % PRUNE_INTERVAL === 0) prune();
    },
  };
}

function readEpisode(value: unknown): Episode | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { startsAt, firing, resolved, seenAt } = value as Partial<Record<keyof Episode, unknown>>;
  if (typeof startsAt !== "number" || typeof seenAt !== "number" || typeof firing !== "string")
    return undefined;
  return {
    startsAt: timestamp(startsAt),
    seenAt: timestamp(seenAt),
    firing,
    ...(typeof resolved === "string" ? { resolved } : {}),
  };
}
