import type { Request, Response } from "express";
import { formatDuration, rfc3339 } from "../../core/units.ts";
import type { Component } from "../../groups/components.ts";
import { readBody } from "../body.ts";
import { refuseJson } from "../refuse.ts";
import type { RouteContext } from "../route-context.ts";

/** Longest report accepted, in bytes: more than the longest message and all metrics need. */
const LONGEST_REPORT = 16 * 1024;

/** `GET /api/v1/components`: the components that report their own status. */
export const componentsRoute =
  (context: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.json({ components: context.components.list().map((component) => componentJson(context, component)) });
  };

/** `PUT` or `POST /api/v1/components/{name}`: stores the report of a component, and answers with the component. */
export const reportComponentRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const name = String(req.params["name"]);
    const body = await readBody(req, { limit: LONGEST_REPORT });
    if (body.kind === "aborted") return;
    if (body.kind !== "complete") {
      res.set("Connection", "close");
      return refuseJson(res, 413, `body: got more than ${LONGEST_REPORT} bytes, want at most that many`);
    }
    const report = parseJson(body.bytes);
    if (report === undefined) return refuseJson(res, 400, "body: got invalid JSON, want a JSON object");
    const component = context.components.report(name, report);
    if ("refused" in component) return refuseJson(res, 400, component.refused);
    res.json(componentJson(context, component));
  };

/** `DELETE /api/v1/components/{name}`: deletes a component that will not report again. */
export const deleteComponentRoute =
  ({ components }: RouteContext) =>
  (req: Request, res: Response): void => {
    const name = String(req.params["name"]);
    if (components.delete(name)) res.status(204).end();
    else refuseJson(res, 404, `name: got ${JSON.stringify(name)}, want a component that has reported`);
  };

/** Parses JSON; returns `undefined` if it is invalid. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function componentJson({ components }: RouteContext, component: Component) {
  const { name, status, message, metrics, ttl, critical, group, reportedAt } = component;
  return {
    name,
    status: components.status(component),
    reported_status: status,
    reported_at: rfc3339(reportedAt),
    ttl: formatDuration(ttl),
    message,
    metrics,
    critical,
    group: group ?? null,
  };
}
