import type { PushHeartbeat } from "../../core/push-heartbeat.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";

/** What lunasentri says of a machine: its names, in its order. */
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

/** A heartbeat by push that went offline or came back, as lunasentri tells it. */
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
