import { Cron } from "croner";
import type { PushHeartbeat, PushSchedule } from "../core/push-heartbeat.ts";
import { after, type Seconds, type Timestamp, timestamp } from "../core/units.ts";
import type { CronCadence, Policy } from "./push-state.ts";

/** Compiled schedules. Registered heartbeats share one. */
const compiled = new WeakMap<PushSchedule, CronCadence>();

/** Returns the policy of a heartbeat. */
export function policyOf({ timeout, startTimeout, schedule }: PushHeartbeat): Policy {
  if (schedule === undefined) return { timeout, startTimeout };
  if (schedule.kind === "every") {
    return { timeout, startTimeout, cadence: { kind: "every", every: schedule.every } };
  }
  const known = compiled.get(schedule) ?? compile(schedule.cron, schedule.timeZone, schedule.grace);
  compiled.set(schedule, known);
  return { timeout, startTimeout, cadence: known };
}

/** Returns the time by which the first run after `end` is late; `undefined` without a schedule. */
export function firstChanceAfter(heartbeat: PushHeartbeat, end: Timestamp): Timestamp | undefined {
  const { cadence, timeout } = policyOf(heartbeat);
  if (cadence === undefined) return undefined;
  if (cadence.kind === "every") return after(end, timeout);
  const run = cadence.next(end);
  return run === undefined ? undefined : after(run, cadence.grace);
}

/**
 * Compiles a cron expression. In its time zone, a time that the clocks skip means the moment after the gap, and of a time
 * that occurs twice the first counts.
 */
function compile(cron: string, timeZone: string, grace: Seconds): CronCadence {
  const runs = new Cron(cron, { timezone: timeZone });
  return {
    kind: "cron",
    id: `${cron} ${timeZone}`,
    grace,
    next(at: Timestamp) {
      const run = runs.nextRun(new Date(at * 1000));
      return run === null ? undefined : timestamp(run.getTime() / 1000);
    },
  };
}
