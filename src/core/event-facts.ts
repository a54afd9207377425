import { defined } from "./defined.ts";
import { HEARTBEAT_SOURCES } from "./heartbeat.ts";
import { EVENT_KINDS, type EventFacts } from "./history.ts";
import { isTimestamp } from "./units.ts";

/** Reads an event from a value of unknown origin; returns `undefined` if it is malformed or of a kind that only another version knows. */
export function readEventFacts(raw: unknown): EventFacts | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const { kind, at, subject, source, from, to, cause, detail, blockedBy, until } = raw as Readonly<
    Record<string, unknown>
  >;
  const eventKind = memberOf(EVENT_KINDS, kind);
  if (eventKind === undefined || !isTimestamp(at) || typeof subject !== "string") return undefined;
  return {
    kind: eventKind,
    at,
    subject,
    ...defined({ source: memberOf(HEARTBEAT_SOURCES, source) }),
    ...(typeof from === "string" ? { from } : {}),
    ...(typeof to === "string" ? { to } : {}),
    ...(typeof cause === "string" ? { cause } : {}),
    ...(typeof detail === "string" ? { detail } : {}),
    ...(typeof blockedBy === "string" ? { blockedBy } : {}),
    ...(isTimestamp(until) ? { until } : {}),
  };
}

const memberOf = <T extends string>(list: readonly T[], value: unknown): T | undefined =>
  list.find((member) => member === value);
