import type { DatabaseSync } from "node:sqlite";
import type { Outage, OutageQuery } from "../../core/history.ts";
import { type Row, reasonOf, timeOf, within } from "./rows.ts";

/**
 * Returns the outages in a window. Failures are few, so all of them are read; of the successes only the first one after
 * each outage is looked up.
 */
export function outages(db: DatabaseSync, query: OutageQuery): readonly Outage[] {
  const { where, values } = within(query);
  const ignored = new Set<unknown>(query.ignoreReasons);
  const failures = db
    .prepare(
      `select results.target as id, targets.target, targets.module, started, reasons.reason
       from results join targets on targets.id = results.target left join reasons on reasons.id = results.reason
       where ${where} and results.reason is not null
       order by targets.target, targets.module, started`,
    )
    .all(values)
    .filter(({ reason }) => !ignored.has(reason));
  const nextSuccess = db.prepare(
    `select started from results
     where target = :id and started > :after and started < :to and reason is null order by started limit 1`,
  );

  const found: Outage[] = [];
  let first = 0;
  while (first < failures.length) {
    const begin = failures[first];
    if (begin === undefined) break;
    const success = nextSuccess.get({
      id: Number(begin["id"]),
      after: Number(begin["started"]),
      to: values["to"] ?? 0,
    })?.["started"];
    const end = endOfRun(failures, first, success === undefined ? Number.POSITIVE_INFINITY : Number(success));
    if (end - first >= (query.failures ?? 1)) found.push(outageOf(begin, end - first, success));
    first = end;
  }
  return found;
}

/** Returns the index after the last failure of the same target before `until`. */
function endOfRun(failures: readonly Row[], first: number, until: number): number {
  const id = failures[first]?.["id"];
  let end = first + 1;
  while (failures[end]?.["id"] === id && Number(failures[end]?.["started"]) < until) end += 1;
  return end;
}

const outageOf = ({ target, module, started, reason }: Row, probes: number, success: unknown): Outage => ({
  target: String(target),
  module: String(module),
  from: timeOf(started),
  ...(success === undefined ? {} : { to: timeOf(success) }),
  probes,
  reason: reasonOf(reason),
});
