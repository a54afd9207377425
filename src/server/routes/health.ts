import type { Request, Response } from "express";
import type { TargetStatus } from "../../core/status.ts";
import { seconds } from "../../core/units.ts";
import type { GroupReading, MemberReading } from "../../groups/groups.ts";
import { chooseGroup } from "../choose.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** Lateness of timers that indicates a hang: a busy machine delays them by less. */
const STALLED_AFTER = seconds(60);

/** One of the two checks of a kubelet. */
interface HealthCheck {
  readonly name: "livez" | "readyz";
  /** Returns the fault of the exporter itself, if it has one. */
  readonly ownFault: (context: RouteContext, query: URLSearchParams) => string | undefined;
  /** Statuses of a group or member that fail the check. */
  readonly failing: ReadonlySet<TargetStatus>;
}

const LIVEZ: HealthCheck = {
  name: "livez",
  ownFault: ({ processStats }) =>
    processStats().lateness > STALLED_AFTER ? "scheduled probes have stopped" : undefined,
  failing: new Set(["unhealthy"]),
};

const READYZ: HealthCheck = {
  name: "readyz",
  ownFault: ({ ready, leader }, query) => {
    if (!ready()) return "shutting down";
    return query.has("leader") && leader() === false ? "this replica does not lead" : undefined;
  },
  failing: new Set(["degraded", "unhealthy", "unknown"]),
};

/** `GET /livez[?group=&verbose]`: 503 if the exporter hangs, or the group is unhealthy. */
export const livezRoute = (context: RouteContext) => answer(context, LIVEZ);

/** `GET /readyz[?group=&verbose]`: 503 while shutting down, or unless the group is healthy. */
export const readyzRoute = (context: RouteContext) => answer(context, READYZ);

/** Answers in the form of Kubernetes' own checks: `ok`, or a line for each part if one failed or `verbose` is set. */
const answer =
  (context: RouteContext, check: HealthCheck) =>
  (req: Request, res: Response): void => {
    const chosen = chooseGroup(context, req);
    if (chosen.kind === "refused") return refuse(res, 404, chosen.text);
    const query = queryOf(req);
    const fault = check.ownFault(context, query);
    const group = chosen.kind === "group" ? chosen.reading : undefined;
    const failed = fault !== undefined || (group !== undefined && check.failing.has(group.status));
    const verbose = query.has("verbose");
    res.set("Cache-Control", "no-store").type("text/plain");
    if (!failed && !verbose) {
      res.send("ok");
      return;
    }
    const lines = [
      fault === undefined ? "[+]exporter ok" : `[-]exporter failed: ${fault}`,
      ...(group === undefined ? [] : groupLines(group, check)),
      `${check.name} ${failed ? "failed" : "passed"}`,
    ];
    res.status(failed ? 503 : 200).send(`${lines.join("\n")}\n`);
  };

function groupLines({ group, status, members }: GroupReading, { failing }: HealthCheck): readonly string[] {
  return [
    ...members.map(({ name, reading: { status, reason } }: MemberReading) =>
      line(name, status, failing, reason),
    ),
    line(`group ${group.name}`, status, failing),
  ];
}

function line(name: string, status: TargetStatus, failing: HealthCheck["failing"], reason?: string): string {
  const detail = reason === undefined ? status : `${status}, ${reason}`;
  if (failing.has(status)) return `[-]${name} failed: ${detail}`;
  return status === "healthy" ? `[+]${name} ok` : `[+]${name} ok (${detail})`;
}
