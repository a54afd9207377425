import { defined } from "../core/defined.ts";
import { type EventType, typeOf } from "../core/events.ts";
import type { EventFacts, PastEvent } from "../core/history.ts";
import { type PolicyFacts, policyFacts } from "../core/status.ts";
import type { FallbackPolicy } from "../core/target.ts";
import { rfc3339 } from "../core/units.ts";

/** The JSON form of an event in streams, lists and webhook bodies. */
export interface Message {
  readonly id: number;
  readonly type: EventType;
  /** RFC 3339, in UTC with whole seconds. */
  readonly at: string;
  /** The event's subject, under its kind: `target`, `heartbeat`, `group` or `component`. */
  readonly target?: string;
  readonly heartbeat?: string;
  readonly group?: string;
  readonly component?: string;
  readonly source?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cause?: string;
  readonly detail?: string;
  /** Name of the dependency of the target or heartbeat that was down. */
  readonly blocked_by?: string;
  /** Events of type `mode` only: the mode as `/config/mode` reports it, and the policy for fallback. */
  readonly current_mode?: string;
  readonly in_fallback_mode?: boolean;
  readonly failover?: PolicyFacts | null;
  /** Events of type `force` only: whether a mode is forced now, and until when; `null` means indefinitely. */
  readonly forced?: boolean;
  readonly until?: string | null;
  /** Events of type `reload` only. */
  readonly success?: boolean;
}

/**
 * Converts an event to its JSON form.
 * @param policyOf returns what consumers of a target should do in fallback, by the current configuration
 */
export function messageOf(
  event: PastEvent,
  policyOf: (target: string) => FallbackPolicy | undefined,
): Message {
  return { id: event.id, type: typeOf(event), at: rfc3339(event.at), ...detailsOf(event, policyOf) };
}

function detailsOf(
  event: PastEvent,
  policyOf: (target: string) => FallbackPolicy | undefined,
): Omit<Message, "id" | "type" | "at"> {
  const { kind, subject, to, until } = event;
  switch (kind) {
    case "mode":
      return {
        target: subject,
        ...changeOf(event),
        ...(to === undefined ? {} : { current_mode: to, in_fallback_mode: to === "fallback" }),
        failover: policyFacts(policyOf(subject)),
      };
    case "health":
    case "status":
      return { target: subject, ...changeOf(event) };
    case "forced":
      return {
        target: subject,
        ...changeOf(event),
        forced: true,
        until: until === undefined ? null : rfc3339(until),
      };
    case "force_ended":
      return { target: subject, forced: false };
    case "overdue":
      return { target: subject, ...defined({ blocked_by: event.blockedBy }) };
    case "heartbeat":
      return {
        heartbeat: subject,
        ...defined({ source: event.source }),
        ...changeOf(event),
      };
    case "group":
      return { group: subject, ...changeOf(event) };
    case "component":
      return { component: subject, ...changeOf(event) };
    case "reload":
      return { success: to === "success" };
  }
}

const changeOf = ({
  from,
  to,
  cause,
  detail,
  blockedBy,
}: EventFacts): Pick<Message, "from" | "to" | "cause" | "detail" | "blocked_by"> => ({
  ...defined({ from, to, cause, detail, blocked_by: blockedBy }),
});
