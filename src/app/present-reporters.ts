import { defined } from "../core/defined.ts";
import type { Timestamp } from "../core/units.ts";
import type { Components } from "../groups/components.ts";
import { beatReading } from "../groups/reading.ts";
import type { Register } from "../heartbeats/register.ts";
import type { BeatFacts, ComponentFacts } from "../report/reporters.ts";
import type { ProbedHeartbeat } from "../server/route-context.ts";

/** The parts that know heartbeats and components. */
export interface Reporters {
  readonly pushes: Pick<Register, "list">;
  readonly probedHeartbeats: () => readonly ProbedHeartbeat[];
  readonly components: Pick<Components, "list" | "status" | "reading">;
}

const STATUSES = { online: "healthy", offline: "unhealthy", unknown: "unknown" } as const;

/** Returns all heartbeats: those that ping, and those that probes found in logs and leases. */
export function presentBeats({ pushes, probedHeartbeats }: Reporters, now: Timestamp): readonly BeatFacts[] {
  const pushed = Array.from(pushes.list(), ({ heartbeat, status, beat, nextExpected }): BeatFacts => {
    const { name, kind, hostname, owner, critical } = heartbeat;
    const { source, timeout, lastSeen } = beat;
    return {
      name,
      kind,
      critical,
      source,
      timeout,
      status: STATUSES[status],
      ...defined({ hostname, owner, lastSeen, nextExpected }),
    };
  });
  const probed = probedHeartbeats().map(({ target, beat }): BeatFacts => {
    const { heartbeat: name, source, timeout, lastSeen } = beat;
    return {
      name,
      source,
      timeout,
      kind: target.module.prober.kind,
      critical: target.critical,
      status: beatReading(beat, now).status,
      ...defined({ hostname: target.hostname, lastSeen }),
    };
  });
  return [...pushed, ...probed];
}

/** Returns all components with what they reported. */
export const presentComponents = ({ components }: Reporters): readonly ComponentFacts[] =>
  components.list().map((component) => ({
    name: component.name,
    critical: component.critical,
    status: components.status(component),
    message: components.reading(component.name)?.message ?? component.message,
    lastReport: component.reportedAt,
    ...defined({ group: component.group }),
  }));
