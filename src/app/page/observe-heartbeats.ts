import type { HeartbeatState } from "../../core/heartbeat.ts";
import { inSlices, type Steps } from "../../core/steps.ts";
import { seconds } from "../../core/units.ts";
import { beatStatus } from "./heartbeats.ts";
import type { ShownParts } from "./parts.ts";

/** How often the statuses of heartbeats are noted. */
const INTERVAL = seconds(10);

/** Time after the start at which they are noted first. */
const FIRST = seconds(1);

/**
 * Notes since when each heartbeat is up or down: that of a push heartbeat when its event is recorded, those of logs and leases, which
 * have no events, every ten seconds.
 * @returns a function that stops it
 */
export function observeHeartbeats(parts: ShownParts): () => void {
  const { clock, history, statuses, log } = parts;
  const unsubscribe = history.subscribe(({ kind, subject, to, at }) => {
    if (kind === "heartbeat")
      statuses.observe("heartbeat", subject, to === "up" ? "healthy" : "unhealthy", at);
  });
  let stopped = false;
  let cancel = (): void => {};
  const tick = async (): Promise<void> => {
    await inSlices(observeAll(parts)).catch((error: unknown) => {
      log.error({ err: error }, "heartbeats could not be noted, which is a bug of the exporter");
    });
    if (!stopped) cancel = clock.after(INTERVAL, () => void tick());
  };
  cancel = clock.after(FIRST, () => void tick());
  return () => {
    stopped = true;
    unsubscribe();
    cancel();
  };
}

function* observeAll(parts: ShownParts): Steps<void> {
  const { clock, pushes, index, beatsOf, statuses } = parts;
  const names = new Set<string>();
  const observe = (beat: HeartbeatState): void => {
    const status = beatStatus({ clock }, beat);
    names.add(beat.heartbeat);
    // One that was never seen is not known yet.
    if (status !== "unknown") statuses.observe("heartbeat", beat.heartbeat, status, clock.now());
  };
  for (const { beat } of pushes.list()) {
    observe(beat);
    yield;
  }
  for (const target of index.current().targets.values()) {
    for (const { beat } of beatsOf(target)) observe(beat);
    yield;
  }
  yield* statuses.retain("heartbeat", names);
}
