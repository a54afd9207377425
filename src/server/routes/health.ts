import type { Request, Response } from "express";
import type { TargetStatus } from "../../core/status.ts";
import { seconds } from "../../core/units.ts";
import type { GroupReading, MemberReading } from "../../groups/groups.ts";
import { chooseGroup } from "../choose.ts";
import type { RouteContext } from "../deps.ts";
import { refuse } from "../refuse.ts";
import { queryOf } from "../request.ts";

/** Timers that are this late do not fire any more; a busy machine delays them by less. */
const STALLED_AFTER = seconds(60);

/** One of the two questions of a kubelet, and what answers it with no. */
interface HealthQuestion {
  readonly name: "livez" | "readyz";
  /** What is wrong with the exporter itself. */
  readonly ownFault: (deps: RouteContext) => string | undefined;
  /** The statuses of a group, or of a member, that are no. */
  readonly refuses: ReadonlySet<TargetStatus>;
}

const LIVEZ: HealthQuestion = {
  name: "livez",
  ownFault: ({ vitals }) =>
    vitals().lateness > STALLED_AFTER ? "the schedule of probes stands still" : undefined,
  refuses: new Set(["unhealthy"]),
};

const READYZ: HealthQuestion = {
  name: "readyz",
  ownFault: ({ ready }) => (ready() ? undefined : "shutting down"),
  refuses: new Set(["degraded", "unhealthy", "unknown"]),
};

/** `/livez[?group=&verbose]`: 503 when the exporter stands still, or its group is unhealthy. */
export const livezRoute = (deps: RouteContext) => answer(deps, LIVEZ);

/** `/readyz[?group=&verbose]`: 200 while requests may be sent here and the group, if there is one, is healthy. */
export const readyzRoute = (deps: RouteContext) => answer(deps, READYZ);

/** In the form of Kubernetes' own: `ok`, or a line for each part, always when something failed. */
const answer =
  (deps: RouteContext, question: HealthQuestion) =>
  (req: Request, res: Response): void => {
    const chosen = chooseGroup(deps, req);
    if (chosen.kind === "refused") return refuse(res, 404, chosen.text);
    const fault = question.ownFault(deps);
    const group = chosen.kind === "group" ? chosen.reading : undefined;
    const failed = fault !== undefined || (group !== undefined && question.refuses.has(group.status));
    const verbose = queryOf(req).has("verbose");
    res.set("Cache-Control", "no-store").type("text/plain");
    if (!failed && !verbose) {
      res.send("ok");
      return;
    }
    const lines = [
      fault === undefined ? "[+]exporter ok" : `[-]exporter failed: ${fault}`,
      ...(group === undefined ? [] : groupLines(group, question)),
      `${question.name} ${failed ? "failed" : "passed"}`,
    ];
    res.status(failed ? 503 : 200).send(`${lines.join("\n")}\n`);
  };

function groupLines(
  { group, status, members }: GroupReading,
  { refuses }: HealthQuestion,
): readonly string[] {
  return [
    ...members.map(({ name, reading: { status, reason } }: MemberReading) =>
      line(name, status, refuses, reason),
    ),
    line(`group ${group.name}`, status, refuses),
  ];
}

function line(
  name: string,
  status: TargetStatus,
  refuses: HealthQuestion["refuses"],
  reason?: string,
): string {
  const why = reason === undefined ? status : `${status}, ${reason}`;
  if (refuses.has(status)) return `[-]${name} failed: ${why}`;
  return status === "healthy" ? `[+]${name} ok` : `[+]${name} ok (${why})`;
}
