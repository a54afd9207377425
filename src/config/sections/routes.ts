import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { Group } from "../../core/group.ts";
import { type Prices, priceOf } from "../../core/money.ts";
import { FAILURE_REASONS } from "../../core/reasons.ts";
import type { Route, RouteMember } from "../../core/route.ts";
import type { Target } from "../../core/target.ts";
import { type BuildContext, durationOf } from "../context.ts";
import { type WithDefaults, withDefaults } from "../document/defaults.ts";
import { wantedName } from "../document/describe.ts";
import type { Path } from "../document/tree.ts";
import { namedEntries } from "./entries.ts";
import { checkLabels } from "./labels.ts";
import { duration, labels, name, word } from "./schema-words.ts";

const routeSchema = {
  type: "object",
  description: "A route tells applications which of several models or services to use now.",
  properties: {
    name: { ...name, description: "Unique; the label `route` of its series, and its path: `/route/NAME`." },
    description: { ...word, description: "Description for people." },
    order: {
      type: "array",
      items: word,
      minItems: 1,
      uniqueItems: true,
      description: "Members by preference: names of targets with `failover`, or of groups.",
    },
    when_none: {
      type: "string",
      enum: ["last", "first", "none"],
      default: "last",
      description:
        "The choice while no member is usable: the `last` one used (before the first choice the first one), the `first` of the order, or `none`.",
    },
    prefer_back_after: {
      ...duration,
      default: "5m",
      description: "How long a preferred member has to be usable before the route returns to it.",
    },
    min_dwell: {
      ...duration,
      default: "10s",
      description:
        "How long a member that was not usable has to be usable before it is chosen instead of another that fails; and the shortest time between two changes while no member is usable for longer.",
    },
    skip_degraded: {
      type: "boolean",
      default: false,
      description: "Whether degraded members are left out.",
    },
    exclude_reasons: {
      type: "array",
      items: { type: "string", enum: FAILURE_REASONS },
      uniqueItems: true,
      description:
        "Reasons for which one failed probe is enough to leave a member out, such as `rate_limited` or `billing`. Other failures count by the member's `failure_threshold`.",
    },
    max_cost: {
      type: "number",
      exclusiveMinimum: 0,
      description:
        "Highest price of a member's model, in dollars per million tokens of output by `prices`. More expensive members are left out.",
    },
    labels: { ...labels, description: "Labels of `heartbeat_route_info`." },
  },
  required: ["name", "order"],
  additionalProperties: false,
} as const satisfies JSONSchema;

type RawRoute = WithDefaults<typeof routeSchema>;

/** The section `routes`. */
export const routesSchema = {
  type: "array",
  items: routeSchema,
  description: "Ordered lists of targets, of which the first usable one is to be used now.",
} as const satisfies JSONSchema;

/** Labels that the exporter or Prometheus adds to the same series. */
const RESERVED_LABELS = new Set(["route", "target", "instance", "job"]);

/** The sections that members of routes are in. */
export interface RouteSources {
  readonly targets: readonly Target[];
  readonly groups: readonly Group[];
  readonly prices: Prices;
}

/** Builds the valid routes in the order of the file, and reports the problems of the others. */
export function buildRoutes(sources: RouteSources, context: BuildContext): readonly Route[] {
  const want = "a name that no other route has";
  return namedEntries("routes", want, context).flatMap((entry) => {
    if (context.problems.isBroken(entry.path)) return [];
    checkLabels(entry, RESERVED_LABELS, context);
    const raw = withDefaults(routeSchema, entry.value);
    return [routeOf(raw, entry.path, sources, context)];
  });
}

function routeOf(raw: RawRoute, path: Path, sources: RouteSources, context: BuildContext): Route {
  const members = raw.order.flatMap(
    (member, i) => memberOf(member, raw.max_cost, [...path, "order", i], sources, context) ?? [],
  );
  if (members.length === raw.order.length && members.every(({ tooExpensive }) => tooExpensive)) {
    context.problems.add({ path: [...path, "max_cost"], want: "a price that at least one member is within" });
  }
  return {
    name: raw.name,
    ...defined({ description: raw.description, maxCost: raw.max_cost }),
    order: members,
    whenNone: raw.when_none,
    preferBackAfter: durationOf(raw.prefer_back_after),
    minDwell: durationOf(raw.min_dwell),
    skipDegraded: raw.skip_degraded,
    excludeReasons: new Set(raw.exclude_reasons),
    labels: raw.labels ?? {},
  };
}

function memberOf(
  member: string,
  maxCost: number | undefined,
  path: Path,
  { targets, groups, prices }: RouteSources,
  { problems }: BuildContext,
): RouteMember | undefined {
  const target = targets.find((one) => one.name === member);
  if (target === undefined) {
    if (groups.some((group) => group.name === member)) return { kind: "group", name: member };
    const withFailover = targets.filter(({ failover }) => failover !== undefined);
    const known = [...withFailover, ...groups].map((one) => one.name);
    problems.add({
      path,
      want: wantedName("the name of a target with failover, or of a group", member, known),
    });
    return undefined;
  }
  if (target.failover === undefined) {
    const got = `${member}, a target without failover`;
    problems.add({ path, got, want: "a target with failover: add `failover: {}` to it" });
    return undefined;
  }
  if (maxCost === undefined) return { kind: "target", name: member };
  const price = target.model === undefined ? undefined : priceOf(prices, target.model);
  if (price === undefined) {
    const got = `${member}, whose model has no price`;
    problems.add({ path, got, want: "a member whose model is in prices, as the route has a max_cost" });
    return undefined;
  }
  return { kind: "target", name: member, ...(price.output > maxCost ? { tooExpensive: true } : {}) };
}
