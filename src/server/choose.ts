import type { Request, Response } from "express";
import type { Target } from "../core/target.ts";
import type { GroupReading } from "../groups/groups.ts";
import type { RouteContext } from "./deps.ts";
import { refuseJson } from "./refuse.ts";
import { queryOf } from "./request.ts";

/**
 * The target that a status or mode route is about: `?target=`, or the only one with failover, or the only one at all.
 * Answers the request itself, and returns nothing, when that is not clear.
 */
export function chooseTarget({ current }: RouteContext, req: Request, res: Response): Target | undefined {
  const targets = [...current().targets.values()];
  const name = queryOf(req).get("target");
  if (name !== null) {
    const named = current().targets.get(name);
    if (named === undefined)
      refuseJson(res, 404, `target: got ${JSON.stringify(name)}, want one of: ${names(targets)}`);
    return named;
  }
  const withFailover = targets.filter(({ failover }) => failover !== undefined);
  const candidates = withFailover.length > 0 ? withFailover : targets;
  if (candidates.length === 1) return candidates[0];
  if (candidates.length === 0) refuseJson(res, 404, "no target is configured");
  else refuseJson(res, 400, `target: got nothing, want ?target= with one of: ${names(candidates)}`);
  return undefined;
}

const names = (targets: readonly Target[]): string =>
  targets.length === 0 ? "none is configured" : targets.map(({ name }) => name).join(", ");

/** Which group a health route is about. */
export type GroupChoice =
  | { readonly kind: "group"; readonly reading: GroupReading }
  /** Neither the request nor the configuration names one. */
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly text: string };

/** The group that a health route is about: `?group=`, or that of the configuration. */
export function chooseGroup({ current, health }: RouteContext, req: Request): GroupChoice {
  const asked = queryOf(req).get("group");
  const name = asked ?? current().healthGroup;
  if (name === undefined) return { kind: "none" };
  const reading = health.group(name);
  if (reading !== undefined) return { kind: "group", reading };
  const known = [...current().groups.keys()].join(", ");
  const want = known === "" ? "a group, of which none is configured" : `one of: ${known}`;
  return { kind: "refused", text: `group: got ${JSON.stringify(name)}, want ${want}` };
}
