import { defined } from "../core/defined.ts";
import { isTimestamp, type Timestamp } from "../core/units.ts";
import type { RouteState } from "./machine.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Restores the state of a route from the store. The time for which members were usable starts again, because nothing is
 * known of them while the exporter does not run.
 * @returns `undefined` if `value` is not a valid state
 */
export function restoredRoute(value: unknown): RouteState | undefined {
  if (!isFields(value)) return undefined;
  const since = timeOf(value["since"]);
  const { use, changes, exhausted, reported, distrusted, excluded, forced } = value;
  if (since === undefined || typeof changes !== "number" || typeof exhausted !== "boolean") return undefined;
  return {
    since,
    changes,
    exhausted,
    reported: reported === true,
    usableSince: {},
    distrusted: Array.isArray(distrusted) ? distrusted.filter((name) => typeof name === "string") : [],
    excluded: isFields(excluded)
      ? Object.fromEntries(
          Object.entries(excluded).flatMap(([name, end]) => {
            const until = untilOf(end);
            return until === undefined ? [] : [[name, until]];
          }),
        )
      : {},
    ...defined({ use: typeof use === "string" ? use : undefined, forced: forcedOf(forced) }),
  };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const timeOf = (value: unknown): Timestamp | undefined => (isTimestamp(value) ? value : undefined);

/** Returns `undefined` for an end that cannot be read: an operator's choice whose end was lost must not last for ever. */
function untilOf(value: unknown): { readonly until?: Timestamp } | undefined {
  const end = isFields(value) ? value["until"] : undefined;
  if (end === undefined) return {};
  const until = timeOf(end);
  return until === undefined ? undefined : { until };
}

function forcedOf(value: unknown): RouteState["forced"] | undefined {
  if (!isFields(value)) return undefined;
  const { target } = value;
  const until = untilOf(value);
  return typeof target === "string" && until !== undefined ? { target, ...until } : undefined;
}
