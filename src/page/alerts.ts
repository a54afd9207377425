import type { AlertNeed } from "./alert-facts.ts";
import { ALERT_RULES } from "./alert-rules.ts";
import type { AlertRule } from "./model/subject.ts";
import type { SubjectState } from "./state.ts";

/** Kinds of probers whose probes see certificates. */
const SEES_CERTIFICATES = new Set(["http", "tcp", "dns", "grpc", "unix", "websocket", "llm"]);

const HAS: Readonly<Record<AlertNeed, (state: SubjectState) => boolean>> = {
  llm: ({ target }) => target?.prober === "llm",
  failover: ({ target }) => target?.mode !== undefined,
  certificate: ({ target }) => target !== undefined && SEES_CERTIFICATES.has(target.prober),
  budget: ({ target }) => target?.budget?.tokens !== undefined || target?.budget?.dollars !== undefined,
  critical: ({ critical }) => critical,
  log: ({ heartbeat }) => heartbeat?.source === "log",
  lease: ({ heartbeat }) => heartbeat?.source === "lease",
};

const isDown = ({ status }: SubjectState): boolean => status === "unhealthy";
const isDegraded = ({ status }: SubjectState): boolean => status === "degraded";
const isUnknown = ({ status }: SubjectState): boolean => status === "unknown";

/** The alerts whose condition the exporter's own state tells. */
const HOLDS: Readonly<Record<string, (state: SubjectState) => boolean>> = {
  HeartbeatTargetDown: isDown,
  HeartbeatCriticalTargetDown: isDown,
  HeartbeatTargetDegraded: isDegraded,
  HeartbeatTargetUnknown: isUnknown,
  HeartbeatInFallback: ({ target }) => target?.mode?.mode === "fallback",
  HeartbeatModeForced: ({ target }) => target?.mode?.forced === true,
  HeartbeatMissed: ({ status, heartbeat }) => status === "unhealthy" && heartbeat?.down !== "failure",
  HeartbeatFailed: ({ status, heartbeat }) => status === "unhealthy" && heartbeat?.down === "failure",
  HeartbeatNeverSeen: ({ heartbeat }) => heartbeat !== undefined && heartbeat.lastSeen === undefined,
  HeartbeatGroupUnhealthy: isDown,
  HeartbeatGroupDegraded: isDegraded,
  HeartbeatGroupUnknown: isUnknown,
  HeartbeatComponentUnhealthy: isDown,
  HeartbeatCriticalComponentDown: isDown,
  HeartbeatComponentDegraded: isDegraded,
  HeartbeatComponentUnknown: isUnknown,
};

/** Returns the alerts of the exporter's rules that are about a subject, those whose condition holds first. */
export const alertsFor = (state: SubjectState): readonly AlertRule[] =>
  ALERT_RULES.filter(({ kind, needs }) => kind === state.kind && (needs === undefined || HAS[needs](state)))
    .map(
      (rule): AlertRule => ({
        name: rule.name,
        severity: rule.severity,
        when: rule.when,
        for: rule.for ?? null,
        runbook: `/runbooks/${rule.name}`,
        holds: HOLDS[rule.name]?.(state) ?? null,
      }),
    )
    .toSorted((a, b) => Number(b.holds === true) - Number(a.holds === true));
