import { Cron } from "croner";
import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { DAYS, type MaintenanceWindow, type WindowTimes } from "../../core/maintenance.ts";
import { timestamp } from "../../core/units.ts";
import type { Path } from "../document/tree.ts";
import type { Formats } from "../document/validate.ts";
import { namedEntries } from "./http-auth.ts";
import { type BuildContext, durationOf } from "./modules.ts";

/** How times are written. */
export const TIME_FORMATS: Formats = {
  local_time: (text) => /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text),
  instant: (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.test(text) &&
    Number.isFinite(Date.parse(text)),
  cron: isCron,
  time_zone: isTimeZone,
};

function isCron(text: string): boolean {
  // Seconds and names such as @daily would work too: crontab has neither.
  if (text.trim().split(/\s+/).length !== 5) return false;
  try {
    return new Cron(text, { paused: true, timezone: "UTC" }).nextRun() !== null;
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

/** What a window may name. */
export interface WindowSubjects {
  readonly targets: readonly string[];
}

/** Builds the windows that are right and reports what is wrong with the others. */
export function buildMaintenance(
  list: unknown,
  names: WindowSubjects,
  context: BuildContext,
): readonly MaintenanceWindow[] {
  return namedEntries(list, ["maintenance"], context).flatMap(({ value, path }) => {
    const raw = value as RawMaintenance;
    checkCoverage(raw, names, path, context);
    const times = timesOf(raw, path, context);
    if (times === undefined) return [];
    const { targets = [], heartbeats = [], groups = [] } = raw;
    return [{ name: raw.name, targets, heartbeats, groups, times }];
  });
}

function checkCoverage(
  raw: RawMaintenance,
  names: WindowSubjects,
  path: Path,
  { report }: BuildContext,
): void {
  if ([raw.targets, raw.heartbeats, raw.groups].every((one) => one === undefined)) {
    report.problem({ path, got: "nothing to work on", want: "targets, heartbeats or groups" });
  }
  for (const [i, name] of (raw.targets ?? []).entries()) {
    if (name.includes("*") || names.targets.includes(name)) continue;
    report.problem({ path: [...path, "targets", i], want: "the name of a target, or a pattern with *" });
  }
}

function timesOf(raw: RawMaintenance, path: Path, { report }: BuildContext): WindowTimes | undefined {
  const { once, weekly, cron, duration, time_zone: timeZone = "UTC" } = raw;
  const given = [once, weekly, cron].filter((one) => one !== undefined).length;
  if (given !== 1) {
    report.problem({
      path,
      got: given === 0 ? "no time" : "several times",
      want: "one of once, weekly and cron",
    });
    return undefined;
  }
  if ((cron === undefined) !== (duration === undefined)) {
    const got = cron === undefined ? "a duration" : "no duration";
    report.problem({ path, got, want: "cron and duration together" });
    return undefined;
  }
  if (once !== undefined) {
    const [from, to] = [timestamp(Date.parse(once.from) / 1000), timestamp(Date.parse(once.to) / 1000)];
    if (to <= from) report.problem({ path: [...path, "once", "to"], want: "a time after from" });
    return { kind: "once", from, to };
  }
  if (weekly !== undefined) return { kind: "weekly", ...weekly, timeZone };
  return { kind: "cron", cron: cron ?? "", duration: durationOf(duration ?? ""), timeZone };
}

/** What may stand under `maintenance`. */

const names = { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 } as const;
const localTime = { type: "string", format: "local_time" } as const;
const instant = { type: "string", format: "instant" } as const;

/** One entry of `maintenance`. */
export const maintenanceSchema = {
  type: "object",
  description: "A time in which failures are expected: probes go on, and nothing is concluded from them.",
  properties: {
    name: { type: "string", format: "target_name", description: "Unique." },
    targets: { ...names, description: "Targets that are worked on; `*` stands for any text." },
    heartbeats: { ...names, description: "Heartbeats; `*` stands for any text." },
    groups: { ...names, description: "Groups: all their members." },
    once: {
      type: "object",
      description: "One time.",
      properties: { from: instant, to: instant },
      required: ["from", "to"],
      additionalProperties: false,
    },
    weekly: {
      type: "object",
      description: "Each week, on these days; a `to` that is not after `from` is of the next day.",
      properties: {
        days: { type: "array", items: { type: "string", enum: DAYS }, minItems: 1, uniqueItems: true },
        from: localTime,
        to: localTime,
      },
      required: ["days", "from", "to"],
      additionalProperties: false,
    },
    cron: {
      type: "string",
      format: "cron",
      description: "When it begins: minute, hour, day of the month, month, day of the week.",
    },
    duration: { type: "string", format: "positive_duration", description: "How long, with `cron`." },
    time_zone: {
      type: "string",
      format: "time_zone",
      default: "UTC",
      description: "Of `weekly` and `cron`, such as Europe/Berlin.",
    },
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

export type RawMaintenance = FromSchema<typeof maintenanceSchema, { keepDefaultedPropertiesOptional: true }>;
