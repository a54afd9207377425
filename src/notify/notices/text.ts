import { visible } from "../../core/escape.ts";
import { isGood, type NoticeEvent, traitsOf } from "../../core/notice.ts";
import { truncateWithDots } from "../../core/truncate.ts";
import { formatDuration, type Seconds, seconds, type Timestamp, timestamp } from "../../core/units.ts";
import type { Message, MessageItem } from "./message.ts";

/** The longest texts that a service takes, as it counts them. */
export interface TextLimits {
  readonly title: number;
  readonly body: number;
  /** Returns the length of a text as the service counts it, with what escaping adds. UTF-16 code units by default. */
  readonly size?: (text: string) => number;
}

/** The words of a message, without markup. */
export interface MessageText {
  readonly title: string;
  readonly body: string;
}

/** Writes a message within limits: with all explanations, else with reasons only, else with as many names as fit and the number of the others. */
export function textOf(message: Message, limits: TextLimits, timeZone: string): MessageText {
  const { size = (text: string) => text.length } = limits;
  const title = titleOf(message, limits.title, size);
  if (message.test === true) return { title, body: TEST_BODY };
  const { items, omitted } = message;
  const more = omitted === 0 ? [] : [`... and ${omitted} more.`];
  const clock = timesIn(timeZone, message.at);
  const causes = byCause(items);
  const [only] = items;
  const isInTitle = only !== undefined && items.length === 1 && title.endsWith(sentence(only));
  const bodies = [
    ...(isInTitle ? [() => explanation([only], clock)] : []),
    () => [...causes.map((one) => paragraph(one, clock)), ...more].join("\n"),
    () => [...causes.map((one) => headline(one)), ...more].join("\n"),
  ];
  for (const write of bodies) {
    const body = write();
    if (size(body) <= limits.body) return { title, body };
  }
  return { title, body: namesWithin(message, limits.body, size, "\n") };
}

/** Fewest items with one cause that share a line. */
const SHARED = 3;

/** Groups the items that happened for the same reason, in order; those with few others stand alone. */
function byCause(items: readonly MessageItem[]): readonly (readonly MessageItem[])[] {
  const groups = new Map<string, MessageItem[]>();
  for (const item of items) {
    const { event, reason, was, reminder } = item;
    const key = JSON.stringify([event, reason, was?.event, was?.reason, reminder]);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
  }
  return [...groups.values()].flatMap((group) =>
    group.length < SHARED ? group.map((item) => [item]) : [group],
  );
}

const TEST_BODY =
  "This is a test. Messages of this channel arrive. They say what is wrong, why, since when, and when it last worked.";

const ICONS = { critical: "🔴", warning: "🟠", info: "🟢" } as const;

function titleOf(message: Message, longest: number, size: (text: string) => number): string {
  const { items, omitted, severity, summaryOf, test } = message;
  if (test === true) return "🔵 Test of heartbeat-exporter";
  const icon = `${ICONS[severity]} `;
  const [only] = items;
  if (only !== undefined && items.length === 1 && omitted === 0) {
    const text = `${icon}${sentence(only)}`;
    return size(text) <= longest ? text : cut(text, longest, size);
  }
  const prefix = `${icon}${summaryOf === undefined ? "" : `Summary of ${lengthOf(summaryOf)}: `}`;
  const text = namesWithin(message, longest - size(prefix), size, "; ");
  return `${prefix}${text}`;
}

/** Names subjects by event, as many as fit: `17 down: a, b, c and 14 more; 1 up again: d`. */
function namesWithin(
  { items, omitted }: Message,
  longest: number,
  size: (text: string) => number,
  separator: string,
): string {
  const groups = new Map<NoticeEvent, string[]>();
  for (const { event, subject } of items) {
    groups.set(event, [...(groups.get(event) ?? []), visible(subject)]);
  }
  const rest = omitted === 0 ? "" : `${separator}${omitted} more`;
  const write = (named: number): string =>
    `${Array.from(groups, ([event, names]) => {
      const shown = names.slice(0, named);
      const more = names.length - shown.length;
      const list = [...shown, ...(more === 0 ? [] : [`${more} more`])].join(", ");
      return `${names.length} ${traitsOf(event).short}${named === 0 ? "" : `: ${list}`}`;
    }).join(separator)}${rest}`;
  // The most names for each event with which all fit.
  let [fits, tooMany] = [0, Math.max(...Array.from(groups.values(), (names) => names.length)) + 1];
  while (tooMany - fits > 1) {
    const named = Math.floor((fits + tooMany) / 2);
    if (size(write(named)) <= longest) fits = named;
    else tooMany = named;
  }
  const text = write(fits);
  return size(text) <= longest ? text : cut(text, longest, size);
}

/** Cuts a text until it fits with its dots. */
function cut(text: string, longest: number, size: (text: string) => number): string {
  let length = Math.max(0, longest - 3);
  while (length > 0 && size(truncateWithDots(text, length)) > longest) length -= 1;
  return truncateWithDots(text, length);
}

/** Returns what happened, with its reason: `gpt is down: auth`. */
function sentence({ subject, event, reason, was, lasted, reminder }: MessageItem): string {
  const { words } = traitsOf(event);
  const still = reminder === true ? "still: " : "";
  if (!isGood(event)) {
    const why = reason === undefined ? "" : `: ${visible(reason)}`;
    return `${still}${visible(subject)} ${words}${why}`;
  }
  const time = lasted === undefined ? "" : ` after ${lengthOf(lasted)}`;
  const why = was?.reason === undefined ? "" : `, ${visible(was.reason)}`;
  const before = was === undefined ? "" : ` (it ${pastOf(was.event)}${why})`;
  return `${visible(subject)} ${words}${time}${before}`;
}

/** Returns the words of an event that is over: `was down`. */
const pastOf = (event: NoticeEvent): string =>
  traitsOf(event).words.replace(/^is /, "was ").replace(/^has /, "had ");

/** Returns what happened to subjects for one reason, with their names. */
function headline(items: readonly MessageItem[], detail = ""): string {
  const [first] = items;
  if (first === undefined) return "";
  if (items.length === 1) return sentence(first);
  const { event, reason, was, reminder } = first;
  const still = reminder === true ? "still: " : "";
  const why = isGood(event) ? was?.reason : reason;
  const before = isGood(event) && was !== undefined ? ` (they were ${traitsOf(was.event).short}` : "";
  const cause = why === undefined ? "" : isGood(event) ? `, ${visible(why)}` : `: ${visible(why)}`;
  const end = before === "" ? "" : ")";
  const names = items.map(({ subject }) => visible(subject)).join(", ");
  const explained = detail === "" ? "" : ` (${visible(detail)})`;
  return `${still}${items.length} ${traitsOf(event).short}${before}${cause}${end}${explained}: ${names}`;
}

/** Returns everything about subjects that share a reason. */
const paragraph = (items: readonly MessageItem[], clock: (at: Timestamp) => string): string =>
  items.length === 1
    ? `${headline(items)}. ${explanation(items, clock)}`
    : `${headline(items, sharedDetail(items))}. ${timesOf(items, clock)}`;

/** Returns the detail that all items have in common; empty if there is none. */
function sharedDetail(items: readonly MessageItem[]): string {
  const details = new Set(items.map(({ detail }) => detail ?? ""));
  const [detail = ""] = details.size === 1 ? details : [];
  return detail;
}

/** Returns the facts beside what happened: details, times, and what changed meanwhile. */
function explanation(items: readonly MessageItem[], clock: (at: Timestamp) => string): string {
  const detail = sharedDetail(items);
  return `${detail === "" ? "" : `${visible(detail)}. `}${timesOf(items, clock)}`;
}

/** Returns since when something is so, when it last worked, and how often it changed. */
function timesOf(items: readonly MessageItem[], clock: (at: Timestamp) => string): string {
  const [first] = items;
  if (first === undefined) return "";
  const began = timestamp(Math.min(...items.map(({ at }) => at)));
  const successes = items.flatMap(({ lastSuccess }) => lastSuccess ?? []);
  const changes = items.reduce((sum, item) => sum + (item.changes ?? 0), 0);
  const facts = [
    `Since ${clock(began)}`,
    ...(isGood(first.event) || successes.length < items.length
      ? []
      : [`last success ${clock(timestamp(Math.max(...successes)))}`]),
    ...(changes === 0 ? [] : [`${changes} changes since the last message`]),
  ];
  return `${facts.join(", ")}.`;
}

/** Returns a duration to the minute, or below ten minutes to the second. */
const lengthOf = (length: Seconds): string => {
  const step = length < 600 ? 1 : 60;
  const text = formatDuration(seconds(Math.max(0, Math.round(length / step) * step)));
  return step === 60 ? text.replace(/m0s$/, "m") : text;
};

/** Returns a formatter of times, with the date of those on another day than `now`. */
function timesIn(timeZone: string, now: Timestamp): (at: Timestamp) => string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  });
  const partsOf = (at: Timestamp) => {
    const parts = new Map(format.formatToParts(new Date(at * 1000)).map(({ type, value }) => [type, value]));
    const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? "";
    return {
      date: `${part("year")}-${part("month")}-${part("day")}`,
      time: `${part("hour")}:${part("minute")} ${part("timeZoneName")}`,
    };
  };
  const today = partsOf(now).date;
  return (at) => {
    const { date, time } = partsOf(at);
    return date === today ? time : `${date} ${time}`;
  };
}
