import type { Request, Response } from "express";
import { formatDuration, rfc3339 } from "../../core/units.ts";
import type { Component } from "../../groups/components.ts";
import { readBody } from "../body.ts";
import type { RouteContext } from "../deps.ts";
import { refuseJson } from "../refuse.ts";

/** More than the longest message and all metrics need. */
const LONGEST_BODY = 16 * 1024;

/** `GET /api/v1/components`: what reports itself. */
export const componentsRoute =
  (deps: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.json({ components: deps.components.list().map((component) => shown(deps, component)) });
  };

/** `PUT` or `POST /api/v1/components/{name}`: takes a report of a component, and answers with what was made of it. */
export const reportComponentRoute =
  (deps: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const name = String(req.params["name"]);
    const body = await readBody(req, LONGEST_BODY);
    if (body.kind === "too_long") {
      res.set("Connection", "close");
      return refuseJson(res, 413, `body: got more than ${body.limit} bytes, want at most so many`);
    }
    const report = parseJson(body.bytes);
    if (report === undefined) return refuseJson(res, 400, "body: got no JSON, want a JSON object");
    const component = deps.components.report(name, report);
    if ("refused" in component) return refuseJson(res, 400, component.refused);
    res.json(shown(deps, component));
  };

/** `DELETE /api/v1/components/{name}`: forgets a component that is gone for good. */
export const forgetComponentRoute =
  ({ components }: RouteContext) =>
  (req: Request, res: Response): void => {
    const name = String(req.params["name"]);
    if (components.delete(name)) res.status(204).end();
    else refuseJson(res, 404, `name: got ${JSON.stringify(name)}, want a component that has reported`);
  };

/** `undefined` for what is no JSON. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function shown({ components }: RouteContext, component: Component) {
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
