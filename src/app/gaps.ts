import type { Log } from "../core/log.ts";
import type { Gap, Presence } from "../core/presence.ts";
import type { Result } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import { after, formatDuration, seconds } from "../core/units.ts";
import type { ProbedHeartbeat } from "../server/route-context.ts";

/** Shortest gap that is logged as a warning. Shorter ones are those of a busy machine. */
const LONG = seconds(5);

/** Logs that the exporter did not run, or that the wall clock was set. */
export function logGap(log: Log, { absence, jump }: Gap): void {
  if (absence > 0) {
    const level = absence >= LONG ? "warn" : "debug";
    log[level](
      { absence },
      `the exporter did not run for ${formatDuration(absence)}, which does not count as silence`,
    );
  }
  if (Math.abs(jump) >= LONG) {
    const direction = jump > 0 ? "forward" : "back";
    const length = formatDuration(seconds(Math.abs(jump)));
    log.warn(
      { jump },
      `the wall clock moved ${direction} by ${length}: it was set, or the machine was suspended`,
    );
  }
}

/** Returns the heartbeats that the last probe of a target found. Absences since that probe do not count as their silence. */
export function probedBeats(
  target: Target,
  latest: Result | undefined,
  presence: Pick<Presence, "absenceSince">,
): readonly ProbedHeartbeat[] {
  if (latest?.beats === undefined) return [];
  const absence = presence.absenceSince(latest.endedAt);
  return latest.beats.map((beat) => {
    const since = beat.silentSince ?? beat.lastSeen;
    if (absence === 0 || since === undefined) return { target, beat };
    return { target, beat: { ...beat, silentSince: after(since, absence) } };
  });
}

/** Longest time that a due probe takes to bring a result: more than the default timeout. */
const PROBE_TIME = seconds(15);

/** Reports whether a target's next result since the last gap may still come, so that the age of its last one means nothing. */
export const awaitsProbe = (presence: Pick<Presence, "presentFor">, { interval }: Target): boolean =>
  presence.presentFor() < interval + PROBE_TIME;
