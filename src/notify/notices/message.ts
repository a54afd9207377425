import { defined } from "../../core/defined.ts";
import { isObject } from "../../core/json-object.ts";
import {
  isGood,
  NOTICE_EVENT_NAMES,
  type NoticeEvent,
  SEVERITIES,
  type Severity,
  severityOf,
} from "../../core/notice.ts";
import { truncate } from "../../core/truncate.ts";
import { elapsed, isTimestamp, type Seconds, seconds, type Timestamp } from "../../core/units.ts";
import type { DecidedItem } from "./decide.ts";

/** One line of a message: an event of one subject. */
export interface MessageItem {
  /** With its kind, unless it is a target: `machine nas`. */
  readonly subject: string;
  readonly kind: string;
  readonly name: string;
  readonly event: NoticeEvent;
  readonly severity: Severity;
  readonly at: Timestamp;
  readonly reason?: string;
  readonly detail?: string;
  readonly lastSuccess?: Timestamp;
  /** For the end of something: how long it lasted, and what it was. */
  readonly lasted?: Seconds;
  readonly was?: { readonly event: NoticeEvent; readonly reason?: string };
  /** Number of changes since the last message about it, if more than one. */
  readonly changes?: number;
  /** True if nothing has changed since the last message about it. */
  readonly reminder?: true;
}

/** A message before it is written for a service. The queue keeps it in this form, so it contains no credentials. */
export interface Message {
  readonly id: string;
  readonly at: Timestamp;
  /** The worst severity in it; `info` if all is well. */
  readonly severity: Severity;
  readonly items: readonly MessageItem[];
  /** Number of further subjects, for which there was no room. */
  readonly omitted: number;
  /** Time that the message summarizes, if it waited: in quiet hours, for example. */
  readonly summaryOf?: Seconds;
  /** Address of the exporter. */
  readonly link?: string;
  readonly test?: true;
}

/** Most items of a message with explanations, and most items with a name. */
const MOST_EXPLAINED = 50;
const MOST_NAMED = 1000;

/** Longest detail, in UTF-16 code units. */
const LONGEST_DETAIL = 200;

/** Wait from which a message is called a summary. */
const LONG_WAIT = seconds(600);

/** Builds a message, the worst first. */
export function messageOf(
  { id, at, link }: Pick<Message, "id" | "at" | "link">,
  decided: readonly DecidedItem[],
  waited: Seconds,
): Message {
  const items = decided.map((one) => itemOf(one)).toSorted((a, b) => rankOf(a) - rankOf(b) || a.at - b.at);
  const severities = new Set(items.map(({ severity }) => severity));
  return {
    id,
    at,
    severity: SEVERITIES.find((one) => severities.has(one)) ?? "info",
    items: items
      .slice(0, MOST_NAMED)
      .map((item, i) => (i < MOST_EXPLAINED ? item : withoutExplanation(item))),
    omitted: Math.max(0, items.length - MOST_NAMED),
    ...defined({ link, summaryOf: waited >= LONG_WAIT ? waited : undefined }),
  };
}

const rankOf = ({ severity }: MessageItem): number => SEVERITIES.indexOf(severity);

const withoutExplanation = ({ reason: _1, detail: _2, lastSuccess: _3, ...item }: MessageItem): MessageItem =>
  item;

function itemOf({ notice, badSince, told, first, changes }: DecidedItem): MessageItem {
  const { subject, event, at, reason, lastSuccess } = notice;
  const { kind, name, word } = subject;
  const detail = notice.detail === undefined ? undefined : truncate(notice.detail, LONGEST_DETAIL);
  const before = told === undefined || isGood(told.event) ? first : told;
  const ended =
    isGood(event) && before !== undefined
      ? {
          was: { event: before.event, ...defined({ reason: before.reason }) },
          ...(badSince === undefined ? {} : { lasted: elapsed(badSince, at) }),
        }
      : {};
  return {
    subject: kind === "target" ? name : `${word ?? kind} ${name}`,
    kind,
    name,
    event,
    severity: severityOf(event, subject),
    at,
    ...ended,
    ...defined({ reason, detail, lastSuccess }),
    ...(changes > 1 ? { changes } : {}),
    ...(changes === 0 ? { reminder: true } : {}),
  };
}

/** Parses a stored message; returns `undefined` if it is malformed. */
export function readMessage(text: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { id, at, severity, items, omitted } = value;
  const isValid =
    typeof id === "string" &&
    isTimestamp(at) &&
    SEVERITIES.some((one) => one === severity) &&
    Number.isFinite(omitted) &&
    Array.isArray(items) &&
    items.every(isItem);
  return isValid ? (value as unknown as Message) : undefined;
}

function isItem(value: unknown): value is MessageItem {
  if (!isObject(value)) return false;
  const { subject, name, event, severity, at, reason, detail, lastSuccess } = value;
  const texts = [reason, detail].filter((text) => text !== undefined);
  return (
    texts.every((text) => typeof text === "string") &&
    (lastSuccess === undefined || isTimestamp(lastSuccess)) &&
    typeof subject === "string" &&
    typeof name === "string" &&
    NOTICE_EVENT_NAMES.some((one) => one === event) &&
    SEVERITIES.some((one) => one === severity) &&
    isTimestamp(at)
  );
}
