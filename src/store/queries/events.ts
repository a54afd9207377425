import type { DatabaseSync } from "node:sqlite";
import { readEventFacts } from "../../core/event-facts.ts";
import type { EventQuery, PastEvent } from "../../core/history.ts";
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
    const read = readEventFacts(parse(String(facts)));
    return read === undefined ? [] : [{ id: Number(id), ...read }];
  });
  return after === undefined ? found.toReversed() : found;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
