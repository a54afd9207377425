import type { PastEvent } from "../../core/history.ts";
import { lineOrNull } from "../text.ts";
import type { IncidentNote } from "./incident.ts";

/** Says what an event was, for the timeline of an incident. */
export const noteOf = (event: PastEvent): IncidentNote => ({
  at: event.at,
  kind: event.kind,
  text: textOf(event),
});

function textOf({ kind, from, to, cause, detail, until }: PastEvent): string {
  const because = [cause, detail].filter((part) => part !== undefined && part !== "").join(": ");
  const end = because === "" ? "" : ` (${lineOrNull(because)})`;
  switch (kind) {
    case "status":
    case "component":
    case "group":
    case "health":
      return `became ${to ?? "unknown"}${from === undefined ? "" : `, was ${from}`}${end}`;
    case "heartbeat":
      return to === "up" ? "reported again" : `went offline${end}`;
    case "mode":
      return `mode changed to ${to ?? "unknown"}${end}`;
    case "forced":
      return `mode was forced to ${to ?? "unknown"}${until === undefined ? "" : " for a while"}`;
    case "force_ended":
      return "forced mode ended";
    case "overdue":
      return "fallback is longer than its max_duration";
    case "reload":
      return `configuration was reloaded: ${to ?? "unknown"}`;
  }
}
