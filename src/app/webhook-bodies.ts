import type { EventWord } from "../core/events.ts";
import type { PastEvent } from "../core/history.ts";
import type { FallbackPolicy } from "../core/target.ts";
import { messageOf } from "../events/message.ts";
import type { Register } from "../heartbeats/register.ts";
import { machineEvent } from "../notify/webhooks/lunasentri.ts";

/** Returns the renderer of webhook bodies: a message as in the event stream, or an event of lunasentri for `machine.*`. */
export function webhookBodies(
  pushes: Register,
  policyOf: (target: string) => FallbackPolicy | undefined,
): (event: PastEvent, word: EventWord) => string | undefined {
  return (event, word) => {
    if (word !== "machine.offline" && word !== "machine.online")
      return JSON.stringify(messageOf(event, policyOf));
    const push = pushes.find(event.subject);
    if (push === undefined) return undefined;
    return JSON.stringify(machineEvent(word, push.id, push.heartbeat, push.beat.lastSeen));
  };
}
