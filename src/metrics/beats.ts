import { catalogue } from "../catalogue.ts";
import { type Beat, isUp } from "../core/heartbeat.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { Timestamp } from "../core/units.ts";

/** What all heartbeats have, however they report: last seen, timeout, and whether they are up at `now`. */
export function* beatSamples(beat: Beat, now: Timestamp): Generator<Sample> {
  const labels = { heartbeat: beat.heartbeat, source: beat.source };
  if (beat.lastSeen !== undefined) yield sample(catalogue.heartbeatLastSeen, beat.lastSeen, labels);
  yield sample(catalogue.heartbeatTimeout, beat.timeout, labels);
  const up = isUp(beat, now);
  if (up !== undefined) yield sample(catalogue.heartbeatUp, Number(up), labels);
}
