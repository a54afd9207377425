import { isObject } from "../../core/json-object.ts";
import type { Log } from "../../core/log.ts";
import type { StateStore } from "../../core/memory.ts";
import { NOTICE_EVENT_NAMES, type Notice, SEVERITIES, SUBJECT_KINDS } from "../../core/notice.ts";
import { isTimestamp, type Timestamp } from "../../core/units.ts";
import type { ChannelState, PendingChange, ToldEvent, Tracked } from "./state.ts";

const PREFIX = "tracked/";

/** The state of a channel in a store. */
export interface StoredState {
  read(): ChannelState;
  /** Sets one entry. A storm sets thousands, so this copies nothing. */
  set(key: string, tracked: Tracked): void;
  /** Writes what differs from the last state. */
  write(next: ChannelState): void;
}

/**
 * Restores the state of a channel.
 * @param store used for nothing else
 */
export function openStoredState(store: StateStore, log: Log): StoredState {
  let { sent, number } = readSent(store.get("sent"));
  let own = readTracked(store, log);
  return {
    read: () => ({ tracked: own, sent, number }),
    set(key, tracked) {
      own.set(key, tracked);
      store.put(PREFIX + key, tracked);
    },
    write(next) {
      for (const [key, tracked] of next.tracked)
        if (own.get(key) !== tracked) store.put(PREFIX + key, tracked);
      for (const key of own.keys()) if (!next.tracked.has(key)) store.delete(PREFIX + key);
      if (next.number !== number) store.put("sent", { sent: next.sent, number: next.number });
      own = new Map(next.tracked);
      ({ sent, number } = next);
    },
  };
}

function readTracked(store: StateStore, log: Log): Map<string, Tracked> {
  const tracked = new Map<string, Tracked>();
  for (const [key, value] of Array.from(store.entries())) {
    if (!key.startsWith(PREFIX)) continue;
    if (isTracked(value)) tracked.set(key.slice(PREFIX.length), value);
    else {
      store.delete(key);
      log.error({ key }, "the stored state of a notification cannot be read and was deleted");
    }
  }
  return tracked;
}

function readSent(value: unknown): Pick<ChannelState, "sent" | "number"> {
  if (!isObject(value)) return { sent: [], number: 0 };
  const { sent, number } = value;
  return {
    sent: isTimes(sent) ? sent : [],
    number: typeof number === "number" && Number.isFinite(number) ? number : 0,
  };
}

const isTimes = (value: unknown): value is readonly Timestamp[] =>
  Array.isArray(value) && value.every(isTimestamp);

function isTracked(value: unknown): value is Tracked {
  if (!isObject(value)) return false;
  const { notice, told, pending, badSince, recent } = value;
  return (
    isNotice(notice) &&
    isTimes(recent) &&
    (badSince === undefined || isTimestamp(badSince)) &&
    (told === undefined || isTold(told)) &&
    (pending === undefined || isPending(pending))
  );
}

function isNotice(value: unknown): value is Notice {
  if (!isObject(value) || !isObject(value["subject"])) return false;
  const { kind, name, critical, labels, word, owner } = value["subject"];
  const texts = [word, owner, value["reason"], value["detail"]];
  return (
    isTimestamp(value["at"]) &&
    isEvent(value["event"]) &&
    SUBJECT_KINDS.some((one) => one === kind) &&
    typeof name === "string" &&
    typeof critical === "boolean" &&
    isObject(labels) &&
    Object.values(labels).every((label) => typeof label === "string") &&
    texts.every(isTextIfAny) &&
    (value["lastSuccess"] === undefined || isTimestamp(value["lastSuccess"]))
  );
}

const isTextIfAny = (value: unknown): boolean => value === undefined || typeof value === "string";

const isEvent = (value: unknown): boolean => NOTICE_EVENT_NAMES.some((one) => one === value);

const isTold = (value: unknown): value is ToldEvent =>
  isObject(value) &&
  isEvent(value["event"]) &&
  SEVERITIES.some((one) => one === value["severity"]) &&
  isTimestamp(value["at"]) &&
  isTextIfAny(value["reason"]);

const isPending = (value: unknown): value is PendingChange =>
  isObject(value) &&
  isTimestamp(value["since"]) &&
  Number.isFinite(value["changes"]) &&
  (value["notBefore"] === undefined || isTimestamp(value["notBefore"])) &&
  (value["first"] === undefined || isNotice(value["first"]));
