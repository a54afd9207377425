import type { Request, Response } from "express";
import { isUp } from "../../core/heartbeat.ts";
import { formatDuration, rfc3339, type Timestamp } from "../../core/units.ts";
import type { PushView } from "../../heartbeats/view.ts";
import type { ProbedHeartbeat, RouteContext } from "../deps.ts";
import { refuse, refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";

const STATUSES = ["online", "offline", "unknown"] as const;

/** A heartbeat as JSON, however it reports. What is not known is `null`. */
interface HeartbeatJson {
  /** `null` unless it pings: what logs and leases report has a name and no number. */
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
}

/** `/heartbeats[?status=&name=]`, alias `/machines`: all that report by themselves. */
export const heartbeatsRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const query = queryOf(req);
    const [status, name] = [query.get("status"), query.get("name")];
    if (status !== null && !STATUSES.some((known) => known === status)) {
      return refuseJson(res, 400, `status: got ${JSON.stringify(status)}, want ${STATUSES.join(", ")}`);
    }
    res.json(
      allOf(deps).filter(
        (one) => (status === null || one.status === status) && (name === null || one.name === name),
      ),
    );
  };

/** `/heartbeats/{name}`: one of them. A name with slashes, of a log or a lease, is escaped. */
export const heartbeatRoute =
  (deps: RouteContext) =>
  (req: Request, res: Response): void => {
    const name = req.params["name"];
    const push = typeof name === "string" ? deps.pushes.find(name) : undefined;
    const found = push === undefined ? allOf(deps).find((one) => one.name === name) : pushJson(push);
    if (found === undefined)
      return refuseJson(res, 404, `got ${JSON.stringify(name)}, want the name of a heartbeat`);
    res.json(found);
  };

/** `/heartbeats/{name}/body`: what it last sent along. It may hold secrets, so it takes the control token. */
export const bodyRoute =
  ({ pushes }: RouteContext) =>
  (req: Request, res: Response): void => {
    const name = req.params["name"];
    const body = typeof name === "string" ? pushes.bodies.get(name) : undefined;
    if (body === undefined)
      return refuse(res, 404, `got ${JSON.stringify(name)}, want a heartbeat that sent a body`);
    res.set("X-Content-Type-Options", "nosniff").type("text/plain").send(body);
  };

const allOf = ({ pushes, heardBeats, clock }: RouteContext): readonly HeartbeatJson[] => [
  ...Array.from(pushes.list(), pushJson),
  ...heardBeats().map((heard) => heardJson(heard, clock.now())),
];

function pushJson({
  id,
  heartbeat,
  registered,
  status,
  cause,
  beat,
  failed,
  runningSince,
  lastDuration,
  pings,
}: PushView) {
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
    timeout: formatDuration(heartbeat.timeout),
    labels: heartbeat.labels,
    critical: heartbeat.critical,
    registered,
    cause: cause ?? null,
    failed,
    start_timeout: formatDuration(heartbeat.startTimeout),
    running_since: timeOrNull(runningSince),
    last_duration_seconds: lastDuration ?? null,
    pings,
  } satisfies HeartbeatJson & Readonly<Record<string, unknown>>;
}

function heardJson({ target, beat }: ProbedHeartbeat, now: Timestamp) {
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
    critical: target.critical,
    target: target.name,
    module: target.module.name,
  } satisfies HeartbeatJson & Readonly<Record<string, unknown>>;
}

const timeOrNull = (at: Timestamp | undefined): string | null => (at === undefined ? null : rfc3339(at));
