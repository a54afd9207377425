import type { Clock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import type { Log } from "../core/log.ts";
import type { PushSetup } from "../core/push-heartbeat.ts";
import { elapsed, formatDuration, seconds, type Timestamp } from "../core/units.ts";
import type { PushEffect } from "./push-state.ts";
import { type PushView, titleOf } from "./view.ts";

/** The interval logged without `check_interval`: lunasentri's default. Offline heartbeats are then logged at once, well within it. */
const DEFAULT_INTERVAL = seconds(30);

/** Logs the status changes of push heartbeats, in lunasentri's wording. */
export interface Announcer {
  /** Logs the interval and the timeout in use, if heartbeats are configured and either has changed. */
  setup(setup: PushSetup): void;
  /** Logs that a heartbeat went offline or came back. */
  effect(push: PushView, effect: PushEffect): void;
}

/** Creates an announcer that has logged nothing yet. */
export function createAnnouncer(log: Log, clock: Clock): Announcer {
  let lastTimes: string | undefined;
  return {
    setup({ configured, defaultTimeout, checkInterval = DEFAULT_INTERVAL, heartbeats, registration }) {
      if (!configured) return;
      const times = `interval: ${formatDuration(checkInterval)}, threshold: ${formatDuration(defaultTimeout)}`;
      if (times === lastTimes) return;
      lastTimes = times;
      log.info(
        { heartbeats: heartbeats.length, registration: registration !== undefined },
        `Heartbeat monitor started (${times})`,
      );
    },
    effect(push, effect) {
      const { name: heartbeat } = push.heartbeat;
      switch (effect.kind) {
        case "offline": {
          const seen = effect.lastSeen === undefined ? "never" : ago(effect.lastSeen, clock.now());
          log.warn(
            { heartbeat, cause: effect.cause, ...defined({ exit_status: push.exitStatus }) },
            `${titleOf(push)} went offline (last seen: ${seen})`,
          );
          break;
        }
        case "online":
          log.info({ heartbeat }, `${titleOf(push)} came back online`);
          break;
      }
    },
  };
}

const ago = (lastSeen: Timestamp, now: Timestamp): string =>
  `${formatDuration(seconds(Math.max(0, Math.round(elapsed(lastSeen, now)))))} ago`;
