import type { Request, Response } from "express";
import type { BlockedBy, Dependency } from "../../core/dependency.ts";
import { isUp } from "../../core/heartbeat.ts";
import type { PushSchedule } from "../../core/push-heartbeat.ts";
import { formatDuration, rfc3339, type Timestamp } from "../../core/units.ts";
import type { PushView } from "../../heartbeats/view.ts";
import { refuse, refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { ProbedHeartbeat, RouteContext } from "../route-context.ts";

const STATUSES = ["online", "offline", "unknown"] as const;

/** A heartbeat as JSON, from any source. Unknown values are `null`. */
interface HeartbeatJson {
  /** Only push heartbeats have one; `null` for those of logs and leases. */
  readonly id: number | null;
  readonly name: string;
  readonly hostname: string | null;
  readonly description: string | null;
  readonly status: (typeof STATUSES)[number];
  readonly last_seen: string | null;
  readonly source: string;
  readonly kind: string;
  readonly owner: string | null;
  readonly timeout: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly depends_on: readonly string[];
  /** Name of the dependency that is down. */
  readonly blocked_by: string | null;
}

/** `GET /heartbeats[?status=&name=]`, alias `/machines`: all heartbeats. */
export const heartbeatsRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const query = queryOf(req);
    const [status, name] = [query.get("status"), query.get("name")];
    if (status !== null && !STATUSES.some((one) => one === status)) {
      return refuseJson(res, 400, `status: got ${JSON.stringify(status)}, want ${STATUSES.join(", ")}`);
    }
    res.json(
      allOf(context).filter(
        (one) => (status === null || one.status === status) && (name === null || one.name === name),
      ),
    );
  };

/** `GET /heartbeats/{name}`: one heartbeat. Slashes in names of logs and leases are percent-encoded. */
export const heartbeatRoute =
  (context: RouteContext) =>
  (req: Request, res: Response): void => {
    const name = req.params["name"];
    const push = typeof name === "string" ? context.pushes.find(name) : undefined;
    const found =
      push === undefined
        ? allOf(context).find((one) => one.name === name)
        : pushJson(push, context.blockedBy);
    if (found === undefined)
      return refuseJson(res, 404, `got ${JSON.stringify(name)}, want the name of a heartbeat`);
    res.json(found);
  };

/** `GET /heartbeats/{name}/body`: the last body of its pings. May contain secrets, so it requires the control token. */
export const bodyRoute =
  ({ pushes }: RouteContext) =>
  (req: Request, res: Response): void => {
    const name = req.params["name"];
    const body = typeof name === "string" ? pushes.bodies.get(name) : undefined;
    if (body === undefined)
      return refuse(res, 404, `got ${JSON.stringify(name)}, want the name of a heartbeat that sent a body`);
    res.type("text/plain").send(body);
  };

const allOf = ({ pushes, probedHeartbeats, clock, blockedBy }: RouteContext): readonly HeartbeatJson[] => [
  ...Array.from(pushes.list(), (push) => pushJson(push, blockedBy)),
  ...probedHeartbeats().map((one) => probedJson(one, clock.now(), blockedBy)),
];

function pushJson(
  {
    id,
    heartbeat,
    registered,
    status,
    cause,
    beat,
    failed,
    exitStatus,
    runningSince,
    lastDuration,
    nextExpected,
    pings,
  }: PushView,
  blockedBy: BlockedBy,
) {
  return {
    id,
    name: heartbeat.name,
    hostname: heartbeat.hostname ?? null,
    description: heartbeat.description ?? null,
    status,
    last_seen: timeOrNull(beat.lastSeen),
    source: beat.source,
    kind: heartbeat.kind,
    owner: heartbeat.owner ?? null,
    timeout: formatDuration(beat.timeout),
    labels: heartbeat.labels,
    depends_on: dependencyNames(heartbeat.dependsOn),
    blocked_by: blockedBy("heartbeat", heartbeat.name) ?? null,
    critical: heartbeat.critical,
    registered,
    cause: cause ?? null,
    failed,
    exit_status: exitStatus ?? null,
    start_timeout: formatDuration(heartbeat.startTimeout),
    ...scheduleJson(heartbeat.schedule),
    next_expected: timeOrNull(nextExpected),
    running_since: timeOrNull(runningSince),
    last_duration_seconds: lastDuration ?? null,
    pings,
  } satisfies HeartbeatJson & Readonly<Record<string, unknown>>;
}

/** The schedule with the names of the configuration; `null` for what it does not have. */
const scheduleJson = (schedule: PushSchedule | undefined) => ({
  schedule: schedule?.kind === "cron" ? schedule.cron : null,
  timezone: schedule?.kind === "cron" ? schedule.timeZone : null,
  every: schedule?.kind === "every" ? formatDuration(schedule.every) : null,
  grace: schedule === undefined ? null : formatDuration(schedule.grace),
});

const dependencyNames = (dependsOn: readonly Dependency[] = []): readonly string[] =>
  dependsOn.map(({ name }) => name);

function probedJson({ target, beat }: ProbedHeartbeat, now: Timestamp, blockedBy: BlockedBy) {
  const up = isUp(beat, now);
  return {
    id: null,
    name: beat.heartbeat,
    hostname: target.hostname ?? null,
    description: null,
    status: up === undefined ? "unknown" : up ? "online" : "offline",
    last_seen: timeOrNull(beat.lastSeen),
    source: beat.source,
    kind: target.module.prober.kind,
    owner: null,
    timeout: formatDuration(beat.timeout),
    labels: target.labels,
    depends_on: dependencyNames(target.dependsOn),
    blocked_by: blockedBy("target", target.name) ?? null,
    critical: target.critical,
    target: target.name,
    module: target.module.name,
  } satisfies HeartbeatJson & Readonly<Record<string, unknown>>;
}

const timeOrNull = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));
