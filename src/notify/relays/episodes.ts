import { createHash } from "node:crypto";
import type { Alert } from "../../core/alert.ts";
import type { StateStore } from "../../core/memory.ts";
import { elapsed, seconds, type Timestamp, timestamp } from "../../core/units.ts";

/** From the start of an alert to its end: what was handed on of it. */
export interface Episode {
  readonly startsAt: Timestamp;
  /** The identity of the event that told of its start. */
  readonly firing: string;
  /** That of its end. */
  readonly resolved?: string;
  /** When Alertmanager last spoke of it. */
  readonly seenAt: Timestamp;
}

/** What an alert means for who was told about it before. */
export type Judgement =
  | {
      readonly kind: "event";
      readonly id: string;
      /** The event that has to come before it. */
      readonly follows?: string;
      readonly episode: Episode;
    }
  /** It was said already. */
  | { readonly kind: "known"; readonly episode: Episode }
  /** The end of something of which the beginning was never handed on. */
  | { readonly kind: "unasked" };

/**
 * Decides whether `alert` is news. Alertmanager repeats itself, repeats a notification that was not answered in time,
 * and hands late ones on after newer ones; the start of an alert can move back while it fires, when another Prometheus
 * saw it earlier.
 * @param relay whose event it is: the same alert through two relays is two events
 */
export function classifyAlert(
  relay: string,
  episode: Episode | undefined,
  alert: Alert,
  now: Timestamp,
): Judgement {
  const { fingerprint, startsAt, status } = alert;
  const idOf = (start: Timestamp, what: Alert["status"]): string => {
    const hash = createHash("sha256").update(JSON.stringify([relay, fingerprint, start, what]));
    return `evt_${hash.digest("hex").slice(0, 32)}`;
  };
  if (status === "firing") {
    if (episode !== undefined && startsAt <= episode.startsAt) {
      return { kind: "known", episode: { ...episode, seenAt: now } };
    }
    const id = idOf(startsAt, "firing");
    return { kind: "event", id, episode: { startsAt, firing: id, seenAt: now } };
  }
  if (episode === undefined) return { kind: "unasked" };
  // The end of an earlier episode that comes late ends nothing that began after it.
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

/** What was handed on of each alert, by its fingerprint. */
export interface AlertEpisodes {
  get(fingerprint: string): Episode | undefined;
  put(fingerprint: string, episode: Episode): void;
}

/** Alertmanager repeats what fires every few hours; what it is silent about for so long is over or forgotten. */
const LONGEST_SILENCE = seconds(30 * 86_400);

/** How many alerts are remembered. */
const MOST = 50_000;

/** How often is looked for what is too old, in entries written. */
const LOOK_EVERY = 1_000;

/** @param shelf its own, and nobody else's */
export function createLedger(shelf: StateStore, now: () => Timestamp): AlertEpisodes {
  let episodes = new Map<string, Episode>();
  for (const [key, value] of shelf.entries()) {
    const episode = readEpisode(value);
    if (episode === undefined) shelf.delete(key);
    else episodes.set(key, episode);
  }
  let written = 0;

  const prune = (): void => {
    const bySight = [...episodes].toSorted(([, a], [, b]) => a.seenAt - b.seenAt);
    const excess = bySight.length - MOST;
    const kept = bySight.filter(
      ([, { seenAt }], i) => i >= excess && elapsed(seenAt, now()) < LONGEST_SILENCE,
    );
    episodes = new Map(kept);
    for (const [key] of bySight) if (!episodes.has(key)) shelf.delete(key);
  };
  prune();

  return {
    get: (fingerprint) => episodes.get(fingerprint),
    put(fingerprint, episode) {
      episodes.set(fingerprint, episode);
      shelf.put(fingerprint, episode);
      written += 1;
      if (written % LOOK_EVERY === 0) prune();
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
