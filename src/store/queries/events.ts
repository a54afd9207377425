import type { DatabaseSync } from "node:sqlite";
import { defined } from "../../core/defined.ts";
import { HEARTBEAT_SOURCES } from "../../core/heartbeat.ts";
import { EVENT_KINDS, type EventFacts, type EventQuery, type PastEvent } from "../../core/history.ts";
import { timestamp } from "../../core/units.ts";
import { toFileTime } from "./rows.ts";

const DEFAULT_LIMIT = 1000;

/** Returns the events that match a query. */
export function events(db: DatabaseSync, query: EventQuery): readonly PastEvent[] {
  const { from, to, subject, kinds, after, limit = DEFAULT_LIMIT } = query;
  const conditions: string[] = [];
  const values: Record<string, string | number> = { limit };
  const addCondition = (condition: string, name: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values[name] = value;
  };
  addCondition("at >= :from", "from", from === undefined ? undefined : toFileTime(from));
  addCondition("at < :to", "to", to === undefined ? undefined : toFileTime(to));
  addCondition("id > :after", "after", after);
  addCondition("iif(json_valid(facts), facts ->> 'subject', null) = :subject", "subject", subject);
  addCondition(
    "iif(json_valid(facts), facts ->> 'kind', null) in (select value from json_each(:kinds))",
    "kinds",
    kinds === undefined ? undefined : JSON.stringify(kinds),
  );
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  const order = after === undefined ? "desc" : "asc";
  const rows = db
    .prepare(`select id, facts from events ${where} order by id ${order} limit :limit`)
    .all(values);
  const found = rows.flatMap(({ id, facts }): readonly PastEvent[] => {
    const read = readFacts(String(facts));
    return read === undefined ? [] : [{ id: Number(id), ...read }];
  });
  return after === undefined ? found.toReversed() : found;
}

const memberOf = <T extends string>(list: readonly T[], value: unknown): T | undefined =>
  list.find((member) => member === value);

/** Parses an event; returns `undefined` if it is malformed or of a kind that only another version knows. */
function readFacts(json: string): EventFacts | undefined {
  const raw = parse(json);
  if (typeof raw !== "object" || raw === null) return undefined;
  const { kind, at, subject, source, from, to, cause, detail, blockedBy, until } = raw as Readonly<
    Record<string, unknown>
  >;
  const eventKind = memberOf(EVENT_KINDS, kind);
  if (eventKind === undefined || typeof at !== "number" || typeof subject !== "string") return undefined;
  return {
    kind: eventKind,
    at: timestamp(at),
    subject,
    ...defined({ source: memberOf(HEARTBEAT_SOURCES, source) }),
    ...(typeof from === "string" ? { from } : {}),
    ...(typeof to === "string" ? { to } : {}),
    ...(typeof cause === "string" ? { cause } : {}),
    ...(typeof detail === "string" ? { detail } : {}),
    ...(typeof blockedBy === "string" ? { blockedBy } : {}),
    ...(typeof until === "number" ? { until: timestamp(until) } : {}),
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
