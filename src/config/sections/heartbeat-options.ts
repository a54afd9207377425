import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { PushSchedule } from "../../core/push-heartbeat.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { type BuildContext, durationOf } from "../context.ts";
import type { Path } from "../document/tree.ts";
import { DEFAULT_TIMEOUT } from "../env/machine.ts";
import { positiveDuration } from "./schema-words.ts";

/** Grace of a schedule without one, as at healthchecks.io. */
const DEFAULT_GRACE = "1h";

const DEFAULT_TIME_ZONE = "UTC";

/** Options that configured and registered heartbeats share. */
export const heartbeatProperties = {
  kind: {
    type: "string",
    format: "heartbeat_kind",
    default: "machine",
    description: "Kind in one word, such as machine, job or service.",
  },
  timeout: {
    ...positiveDuration,
    description: `Longest silence before the heartbeat is offline. Not with \`schedule\` or \`every\`. Default: \`MACHINE_OFFLINE_THRESHOLD\`, else ${DEFAULT_TIMEOUT}.`,
  },
  schedule: {
    type: "string",
    format: "cron",
    description:
      "Times at which it is expected, as a cron expression: minute, hour, day of month, month, day of week.",
  },
  timezone: {
    type: "string",
    format: "time_zone",
    description: `Time zone of \`schedule\`, such as Europe/Berlin. Default: ${DEFAULT_TIME_ZONE}.`,
  },
  every: {
    ...positiveDuration,
    description: "Time after the last ping at which the next one is expected. Not with `schedule`.",
  },
  grace: {
    ...positiveDuration,
    description: `How late it may be with \`schedule\` or \`every\`. Default: ${DEFAULT_GRACE}, or \`every\` if that is shorter.`,
  },
  start_timeout: {
    ...positiveDuration,
    description:
      "Longest time from a start ping to the ping that ends the run. Default: the grace with `schedule` or `every`, else the timeout.",
  },
} as const satisfies Record<string, JSONSchema>;

/** The options about time, as the configuration writes them. */
export interface RawTiming {
  readonly timeout?: string | undefined;
  readonly schedule?: string | undefined;
  readonly timezone?: string | undefined;
  readonly every?: string | undefined;
  readonly grace?: string | undefined;
  readonly start_timeout?: string | undefined;
}

/** When a heartbeat is expected, and when it is late. */
export interface Timing {
  readonly timeout: Seconds;
  readonly startTimeout: Seconds;
  readonly schedule?: PushSchedule;
}

/** Builds the timing with its defaults, and reports options that contradict each other. */
export function buildTiming(
  raw: RawTiming,
  path: Path,
  defaultTimeout: Seconds,
  context: BuildContext,
): Timing {
  reportContradictions(raw, path, context);
  const schedule = scheduleOf(raw);
  const own = raw.timeout === undefined ? defaultTimeout : durationOf(raw.timeout);
  const allowed = schedule === undefined ? own : schedule.grace;
  return {
    timeout: schedule?.kind === "every" ? seconds(schedule.every + schedule.grace) : allowed,
    startTimeout: raw.start_timeout === undefined ? allowed : durationOf(raw.start_timeout),
    ...defined({ schedule }),
  };
}

function scheduleOf(raw: RawTiming): PushSchedule | undefined {
  const given = raw.grace === undefined ? undefined : durationOf(raw.grace);
  const longest = durationOf(DEFAULT_GRACE);
  if (raw.schedule !== undefined) {
    const { schedule: cron, timezone: timeZone = DEFAULT_TIME_ZONE } = raw;
    return { kind: "cron", cron, timeZone, grace: given ?? longest };
  }
  if (raw.every === undefined) return undefined;
  const every = durationOf(raw.every);
  return { kind: "every", every, grace: given ?? seconds(Math.min(every, longest)) };
}

function reportContradictions(raw: RawTiming, path: Path, { problems }: BuildContext): void {
  const { schedule, every } = raw;
  const report = (option: keyof RawTiming, got: string, want: string): void => {
    if (raw[option] !== undefined) problems.add({ path: [...path, option], got, want, aboutKey: true });
  };
  const given = schedule === undefined ? "every" : "schedule";
  if (schedule !== undefined) report("every", "every and schedule", "only one of them");
  if (schedule === undefined)
    report("timezone", "timezone without schedule", "schedule as well, or no timezone");
  if (schedule !== undefined || every !== undefined) {
    report("timeout", `timeout and ${given}`, `only one of them; grace says how late it may be`);
  } else {
    report("grace", "grace without schedule and every", "one of them as well, or timeout instead");
  }
}
