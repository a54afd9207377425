import { defined } from "../core/defined.ts";
import { type Timestamp, timestamp } from "../core/units.ts";
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
      ? Object.fromEntries(Object.entries(excluded).map(([name, end]) => [name, untilOf(end)]))
      : {},
    ...defined({ use: typeof use === "string" ? use : undefined, forced: forcedOf(forced) }),
  };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const timeOf = (value: unknown): Timestamp | undefined =>
  typeof value === "number" && Number.isFinite(value) ? timestamp(value) : undefined;

const untilOf = (value: unknown): { readonly until?: Timestamp } =>
  defined({ until: isFields(value) ? timeOf(value["until"]) : undefined });

function forcedOf(value: unknown): RouteState["forced"] | undefined {
  if (!isFields(value)) return undefined;
  const { target } = value;
  return typeof target === "string" ? { target, ...untilOf(value) } : undefined;
}
