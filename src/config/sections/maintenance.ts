import type { JSONSchema } from "json-schema-to-ts";
import { parseInstant } from "../../core/instant.ts";
import { DAYS, type MaintenanceWindow, type WindowTimes } from "../../core/maintenance.ts";
import { type BuildContext, durationOf } from "../context.ts";
import { type WithDefaults, withDefaults } from "../document/defaults.ts";
import type { Path } from "../document/tree.ts";
import { namedEntries, namesUnder } from "./entries.ts";
import { name, positiveDuration } from "./schema-words.ts";

const patterns = { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 } as const;
const localTime = { type: "string", format: "local_time" } as const;
const instant = { type: "string", format: "instant" } as const;

const windowSchema = {
  type: "object",
  description:
    "While a window is open, failures are expected: probes continue, but no conclusions are drawn from them.",
  properties: {
    name: { ...name, description: "Unique." },
    targets: { ...patterns, description: "Targets under maintenance; `*` stands for any text." },
    heartbeats: { ...patterns, description: "Heartbeats under maintenance; `*` stands for any text." },
    groups: { ...patterns, description: "Groups whose members are all under maintenance." },
    once: {
      type: "object",
      description: "A single window.",
      properties: {
        from: { ...instant, description: "Start." },
        to: { ...instant, description: "End." },
      },
      required: ["from", "to"],
      additionalProperties: false,
    },
    weekly: {
      type: "object",
      description:
        "A window on certain days of each week; if `to` is not after `from`, it ends the next day.",
      properties: {
        days: {
          type: "array",
          items: { type: "string", enum: DAYS },
          minItems: 1,
          uniqueItems: true,
          description: "Days on which it starts.",
        },
        from: { ...localTime, description: "Start, in the time zone of the window." },
        to: { ...localTime, description: "End, in the time zone of the window." },
      },
      required: ["days", "from", "to"],
      additionalProperties: false,
    },
    cron: {
      type: "string",
      format: "cron",
      description: "Start of each window: minute, hour, day of month, month, day of week.",
    },
    duration: { ...positiveDuration, description: "Length of each window of `cron`." },
    time_zone: {
      type: "string",
      format: "time_zone",
      default: "UTC",
      description: "Time zone of `weekly` and `cron`, such as Europe/Berlin.",
    },
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** An entry with its defaults. */
type RawWindow = WithDefaults<typeof windowSchema>;

/** The section `maintenance`. */
export const maintenanceSchema = {
  type: "array",
  items: windowSchema,
  description: "Maintenance windows.",
} as const satisfies JSONSchema;

/** Builds the valid windows and reports the problems of the others. */
export function buildMaintenance(context: BuildContext): readonly MaintenanceWindow[] {
  const want = "a name that no other window has";
  return namedEntries("maintenance", want, context).flatMap(({ value, path }) => {
    if (context.problems.isBroken(path)) return [];
    const raw = withDefaults(windowSchema, value);
    checkCoverage(raw, path, context);
    const times = timesOf(raw, path, context);
    if (times === undefined) return [];
    const { targets = [], heartbeats = [], groups = [] } = raw;
    return [{ name: raw.name, targets, heartbeats, groups, times }];
  });
}

function checkCoverage(raw: RawWindow, path: Path, context: BuildContext): void {
  const { problems } = context;
  if ([raw.targets, raw.heartbeats, raw.groups].every((one) => one === undefined)) {
    problems.add({ path, got: "an empty window", want: "targets, heartbeats or groups" });
  }
  const known = namesUnder("targets", context);
  for (const [i, target] of (raw.targets ?? []).entries()) {
    if (target.includes("*") || known.includes(target)) continue;
    problems.add({ path: [...path, "targets", i], want: "the name of a target, or a pattern with *" });
  }
}

function timesOf(raw: RawWindow, path: Path, { problems }: BuildContext): WindowTimes | undefined {
  const { once, weekly, cron, duration, time_zone: timeZone } = raw;
  const given = [once, weekly, cron].filter((one) => one !== undefined).length;
  if (given !== 1) {
    const got = given === 0 ? "no time" : "several times";
    problems.add({ path, got, want: "exactly one of once, weekly and cron" });
    return undefined;
  }
  if ((cron === undefined) !== (duration === undefined)) {
    const got = cron === undefined ? "duration without cron" : "cron without duration";
    problems.add({ path, got, want: "both of them, or weekly or once" });
    return undefined;
  }
  if (once !== undefined) {
    const [from, to] = [parseInstant(once.from), parseInstant(once.to)];
    // The schema has reported a text that is not a time.
    if (from === undefined || to === undefined) return undefined;
    if (to <= from) problems.add({ path: [...path, "once", "to"], want: "a time after from" });
    return { kind: "once", from, to };
  }
  if (weekly !== undefined) return { kind: "weekly", ...weekly, timeZone };
  return { kind: "cron", cron: cron ?? "", duration: durationOf(duration ?? ""), timeZone };
}
