import type { JSONSchema } from "json-schema-to-ts";
import type { Group } from "../../core/group.ts";
import type { Target } from "../../core/target.ts";
import type { BuildContext } from "../context.ts";
import { wantedName } from "../document/describe.ts";
import { sectionOf } from "./entries.ts";
import { word } from "./schema-words.ts";

/** The section `health`. */
export const healthSchema = {
  type: "object",
  description: "What /livez, /readyz and /report cover.",
  properties: {
    group: {
      ...word,
      description:
        "Name of a group. Default: /livez and /readyz cover the exporter itself, /report all targets, heartbeats and components.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The group that health routes cover; without one they cover the exporter itself. */
export interface Health {
  readonly group?: string;
}

/** Most targets that a warning names. */
const MOST_LISTED = 12;

/** Builds the choice of the group, and warns of targets whose status depends on scrapes. */
export function buildHealth(
  groups: readonly Group[],
  targets: readonly Target[],
  context: BuildContext,
): Health {
  const { problems } = context;
  const { group: name } = sectionOf("health", healthSchema, context);
  if (name === undefined || problems.isBroken(["groups"])) return {};
  const byName = new Map(groups.map((group) => [group.name, group]));
  const path = ["health", "group"];
  if (!byName.has(name)) {
    problems.add({ path, want: wantedName("the name of a group", name, [...byName.keys()]) });
    return {};
  }
  const within = targetsWithin(name, byName);
  const scraped = targets.filter((target) => target.schedule === "on_scrape" && within.has(target.name));
  if (scraped.length > 0) {
    const shown = scraped.slice(0, MOST_LISTED).map((target) => target.name);
    const more = scraped.length - shown.length;
    const which = `${shown.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
    const text = `is unknown, and so not ready, without scrapes of ${which}; schedule: interval probes without a scrape`;
    problems.warn(path, text);
  }
  return { group: name };
}

/** Returns the targets in a group and in the groups below it. */
function targetsWithin(start: string, groups: ReadonlyMap<string, Group>): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set([start]);
  // The set grows during the loop, which visits the additions too.
  for (const name of seen) {
    for (const { kind, name: member } of groups.get(name)?.members ?? []) {
      if (kind === "target") found.add(member);
      if (kind === "group") seen.add(member);
    }
  }
  return found;
}
