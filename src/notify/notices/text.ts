import { visible } from "../../core/escape.ts";
import { isGood, type NoticeEvent, traitsOf } from "../../core/notice.ts";
import { truncateWithDots } from "../../core/truncate.ts";
import { formatDuration, type Seconds, seconds, type Timestamp } from "../../core/units.ts";
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
  const bodies = [
    () => [...items.map((item) => line(item, clock)), ...more].join("\n"),
    () => [...items.map((item) => sentence(item)), ...more].join("\n"),
  ];
  for (const write of bodies) {
    const body = write();
    if (size(body) <= limits.body) return { title, body };
  }
  return { title, body: namesWithin(message, limits.body, size, "\n") };
}

const TEST_BODY =
  "This is a test. Messages of this channel arrive. They say what is wrong, why, since when, and when it last worked.";

const ICONS = { critical: "🔴", warning: "🟠", info: "🟢" } as const;

function titleOf(message: Message, longest: number, size: (text: string) => number): string {
  const { items, omitted, severity, summaryOf, test } = message;
  if (test === true) return "🔵 Test of heartbeat-exporter";
  const icon = `${ICONS[severity]} `;
  const prefix = `${icon}${summaryOf === undefined ? "" : `Summary of ${lengthOf(summaryOf)}: `}`;
  const [only] = items;
  if (only !== undefined && items.length === 1 && omitted === 0) {
    const text = `${prefix}${sentence(only)}`;
    return size(text) <= longest ? text : cut(text, longest, size);
  }
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

/** Returns everything about an item. */
function line(item: MessageItem, clock: (at: Timestamp) => string): string {
  const { event, detail, at, lastSuccess, changes } = item;
  const facts = [
    `Since ${clock(at)}`,
    ...(isGood(event) || lastSuccess === undefined ? [] : [`last success ${clock(lastSuccess)}`]),
    ...(changes === undefined ? [] : [`${changes} changes since the last message`]),
  ];
  const why = detail === undefined || detail === "" ? "" : ` (${visible(detail)})`;
  return `${sentence(item)}${why}. ${facts.join(", ")}.`;
}

/** Returns a duration to the minute, or below ten minutes to the second. */
const lengthOf = (length: Seconds): string => {
  const step = length < 600 ? 1 : 60;
  const text = formatDuration(seconds(Math.max(0, Math.round(length / step) * step)));
  return step === 60 ? text.replace(/m0s$/, "m") : text;
};

/** Returns a formatter of times, with the date of those on another day than `now`. */
function timesIn(timeZone: string, now: Timestamp): (at: Timestamp) => string {
  const format = new Intl.DateTimeFormat("en-CA", {
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
