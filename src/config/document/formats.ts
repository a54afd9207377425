import { Cron } from "croner";
import { isLabelName, LABEL_NAME_FORM } from "../../core/heartbeat-labels.ts";
import { HOST_PATTERN_FORM, isHostPattern } from "../../core/host-header.ts";
import { INSTANT_FORM, parseInstant } from "../../core/instant.ts";
import { HOST_HEADER_FORM, isHostHeader, isName } from "../../core/names.ts";
import {
  DURATION_FORM,
  isPrometheusDuration,
  parseDuration,
  parseSignedDuration,
  parseSize,
} from "../../core/units.ts";

/** Tests of texts, by the name that a schema gives as `format`. */
export type Formats = Readonly<Record<string, (text: string) => boolean>>;

/** A format of the configuration: its test, and its words for error texts. */
interface Format {
  readonly matches: (text: string) => boolean;
  readonly want: string;
}

/** Smallest limit of the store, whose own pages need that much, and of other large amounts, in bytes. */
const SMALLEST_SIZE = 2 ** 20;

/** Shortest interval, timeout and the like: timers count milliseconds. */
const SHORTEST = 0.001;

const BCRYPT = /^\$2[aby]?\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

const OWN: Readonly<Record<string, Format>> = {
  duration: { matches: (text) => parseDuration(text) !== undefined, want: DURATION_FORM },
  positive_duration: { matches: (text) => (parseDuration(text) ?? 0) >= SHORTEST, want: DURATION_FORM },
  any_duration: { matches: (text) => parseSignedDuration(text) !== undefined, want: DURATION_FORM },
  prometheus_duration: {
    matches: isPrometheusDuration,
    want: "a duration of Prometheus, without fractions, such as 30s, 2m or 1h30m",
  },
  large_size: {
    matches: (text) => (parseSize(text) ?? 0) >= SMALLEST_SIZE,
    want: "a size of at least 1MB, such as 512MB",
  },
  module_name: { matches: (text) => text !== "", want: "the name of a module" },
  address: { matches: (text) => text !== "", want: "an address" },
  target_name: {
    matches: isName,
    want: "a name of at most 128 letters, digits, _, . and -, starting with a letter, digit or _",
  },
  heartbeat_kind: {
    matches: (text) => /^[a-z][a-z0-9_-]{0,31}$/i.test(text),
    want: "one word of at most 32 letters, digits, _ and -, starting with a letter",
  },
  label_name: { matches: isLabelName, want: LABEL_NAME_FORM },
  host_pattern: { matches: isHostPattern, want: HOST_PATTERN_FORM },
  header_name: {
    matches: (text) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text),
    want: "a header name",
  },
  header_value: {
    matches: (text) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text),
    want: "a header value on one line",
  },
  local_time: {
    matches: (text) => /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text),
    want: "a time of day such as 22:30",
  },
  host_header: { matches: isHostHeader, want: HOST_HEADER_FORM },
  instant: { matches: (text) => parseInstant(text) !== undefined, want: INSTANT_FORM },
  cron: { matches: isCron, want: "a cron expression with five fields, such as 0 3 * * 6" },
  time_zone: { matches: isTimeZone, want: "a time zone such as Europe/Berlin" },
  bcrypt: {
    matches: (text) => BCRYPT.test(text),
    want: "a bcrypt hash of a password, as printed by htpasswd -nB",
  },
};

/** Words for formats of probers, whose tests are handed in with the probers. */
const OF_PROBERS: Readonly<Record<string, string>> = {
  regexp: "a regular expression (RE2 syntax)",
  uri: "a URL",
};

/** The formats that every schema may use. */
export const FORMATS: Formats = Object.fromEntries(
  Object.entries(OWN).map(([name, { matches }]) => [name, matches]),
);

/** Returns the words for a text of the format. */
export const describeFormat = (format: string): string =>
  OWN[format]?.want ?? OF_PROBERS[format] ?? `a valid ${format.replaceAll(/[_-]/g, " ")}`;

/** Crontab's five fields only; croner would also accept seconds and names such as `@daily`. */
function isCron(text: string): boolean {
  if (text.trim().split(/\s+/).length !== 5) return false;
  try {
    return new Cron(text, { timezone: "UTC" }).nextRun() !== null;
  } catch {
    return false;
  }
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
