import type { BlockedBy } from "../core/dependency.ts";
import type { EventFacts, History } from "../core/history.ts";

/** States that need no explanation. */
const GOOD: ReadonlySet<string | undefined> = new Set(["healthy", "up", "primary"]);

/** Adds the dependency that is down to the events about targets and heartbeats that depend on it. */
export const withBlockedBy = (history: History, blockedBy: BlockedBy): History => ({
  ...history,
  record(event) {
    const kind = subjectKind(event);
    const name = kind === undefined || GOOD.has(event.to) ? undefined : blockedBy(kind, event.subject);
    return history.record(name === undefined ? event : { ...event, blockedBy: name });
  },
});

function subjectKind({ kind }: EventFacts): "target" | "heartbeat" | undefined {
  switch (kind) {
    case "mode":
    case "health":
    case "status":
    case "overdue":
      return "target";
    case "heartbeat":
      return "heartbeat";
    case "forced":
    case "force_ended":
    case "group":
    case "component":
    case "reload":
      return undefined;
  }
}
