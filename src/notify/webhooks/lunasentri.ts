import type { PushHeartbeat } from "../../core/push-heartbeat.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";

/** An event in lunasentri's format; field names and their order are lunasentri's. */
export interface MachineEvent {
  readonly event: "machine.offline" | "machine.online";
  readonly machine: {
    readonly id: number;
    readonly name: string;
    readonly hostname: string;
    readonly description: string;
    readonly status: "offline" | "online";
    readonly last_seen: string | null;
  };
}

/** Builds the event for a push heartbeat that went offline or came back. */
export function machineEvent(
  event: MachineEvent["event"],
  id: number,
  { name, hostname = "", description = "" }: PushHeartbeat,
  lastSeen: Timestamp | undefined,
): MachineEvent {
  return {
    event,
    machine: {
      id,
      name,
      hostname,
      description,
      status: event === "machine.online" ? "online" : "offline",
      last_seen: lastSeen === undefined ? null : rfc3339(lastSeen),
    },
  };
}
