import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { PushSetup } from "../core/push-heartbeat.ts";
import { elapsed, formatDuration, seconds, type Timestamp } from "../core/units.ts";
import type { PushEffect } from "./machine.ts";
import { type PushView, titleOf } from "./view.ts";

/** How late silence may be announced when nobody says: it is announced at once, which is within it. */
const USUAL_INTERVAL = seconds(30);

/** Says in the log what becomes of heartbeats by push, in lunasentri's words. */
export interface Announcer {
  /** How an eye is kept on them, where there are any to be; again only when it changes. */
  setup(setup: PushSetup): void;
  /** That one went offline or came back. */
  effect(push: PushView, effect: PushEffect): void;
}

export function createAnnouncer(log: Log, clock: Clock): Announcer {
  let said: string | undefined;
  return {
    setup({ configured, defaultTimeout, checkInterval = USUAL_INTERVAL, heartbeats, registration }) {
      if (!configured) return;
      const times = `interval: ${formatDuration(checkInterval)}, threshold: ${formatDuration(defaultTimeout)}`;
      if (times === said) return;
      said = times;
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
          log.warn({ heartbeat, cause: effect.cause }, `${titleOf(push)} went offline (last seen: ${seen})`);
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
