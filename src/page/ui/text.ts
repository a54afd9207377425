import { visible } from "../../core/escape.ts";
import { truncateWithDots } from "../../core/truncate.ts";

/** Longest name on a page. Others are cut, and their pages show them whole. */
const LONGEST_NAME = 120;

/** Returns a name on one line that cannot reorder the text around it, cut to a length that a line can hold. */
export const shortName = (text: string): string => truncateWithDots(visible(text), LONGEST_NAME);

/** Returns text of several lines without characters that are invisible or reorder text. */
export const lines = (text: string): string => text.split(/\r?\n/).map(visible).join("\n");

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Returns a length of time in at most two units: `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function span(length: number): string {
  const total = Math.max(0, Math.floor(length));
  if (total < MINUTE) return `${total} s`;
  if (total < HOUR) return `${Math.floor(total / MINUTE)} min`;
  if (total < DAY) return twoUnits(total, HOUR, "h", MINUTE, "min");
  return twoUnits(total, DAY, "d", HOUR, "h");
}

function twoUnits(total: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((total % large) / small);
  const first = `${Math.floor(total / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

/** Returns a duration of a probe: `850 µs`, `123 ms`, `1.24 s`. */
export function duration(seconds: number): string {
  if (seconds === 0) return "0 s";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${significant(seconds * 1000)} ms`;
  return seconds < 100 ? `${significant(seconds)} s` : span(seconds);
}

const significant = (value: number): string => String(Number(value.toPrecision(3)));

/** Returns an uptime that is never rounded up to `100 %`; a dash where nothing is known. */
export function percent(ratio: number | null): string {
  if (ratio === null) return "–";
  if (ratio === 1) return "100 %";
  const digits = ratio > 0.9999 ? 1000 : 100;
  return `${Math.floor(ratio * 100 * digits + 1e-9) / digits} %`;
}

/** Returns a number with its noun: `1 probe`, `12 probes`. */
export const count = (n: number, noun: string, plural = `${noun}s`): string =>
  `${n.toLocaleString("en")} ${n === 1 ? noun : plural}`;

/** Returns a time in UTC to the minute: `2025-09-15 13:30 UTC`. */
export const minuteOf = (time: string): string => `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;

/** Lengths in seconds below which seconds matter. */
const SHORT = 2 * HOUR;

/** Returns a stretch of time in UTC: `2025-09-15 13:30 – 14:05 UTC`, with seconds if it is short; `null` is now. */
export function stretch(from: string, to: string | null): string {
  const isShort = to !== null && unix(to) - unix(from) < SHORT;
  const clock = (time: string): string => time.slice(11, isShort ? 19 : 16);
  const day = (time: string): string => time.slice(0, 10);
  if (to === null) return `${day(from)} ${clock(from)} UTC – now`;
  const end = day(from) === day(to) ? clock(to) : `${day(to)} ${clock(to)}`;
  return `${day(from)} ${clock(from)} – ${end} UTC`;
}

/** Returns the Unix time in seconds of a time in JSON. */
export const unix = (time: string): number => Date.parse(time) / 1000;

/** Returns a time in JSON of a Unix time in seconds. */
export const jsonTime = (at: number): string => `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;
