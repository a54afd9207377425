import type { Request, Response } from "express";
import type { Target } from "../core/target.ts";
import type { GroupReading } from "../groups/groups.ts";
import { refuseJson } from "./refuse.ts";
import { queryOf } from "./request.ts";
import type { RouteContext } from "./route-context.ts";

/**
 * Returns the target of a status or mode route: the one that `?target=` names, or the only one with failover, or the
 * only one. Answers the request and returns `undefined` if that is ambiguous.
 */
export function chooseTarget({ config }: RouteContext, req: Request, res: Response): Target | undefined {
  const targets = [...config().targets.values()];
  const name = queryOf(req).get("target");
  if (name !== null) {
    const named = config().targets.get(name);
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
  targets.length === 0 ? "(none configured)" : targets.map(({ name }) => name).join(", ");

/** The group of a health route. */
export type GroupChoice =
  | { readonly kind: "group"; readonly reading: GroupReading }
  /** Neither the request nor the configuration names a group. */
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly text: string };

/** Returns the group of a health route: the one that `?group=` names, or the configured one. */
export function chooseGroup({ config, health }: RouteContext, req: Request): GroupChoice {
  const name = queryOf(req).get("group") ?? config().healthGroup;
  if (name === undefined) return { kind: "none" };
  const reading = health.group(name);
  if (reading !== undefined) return { kind: "group", reading };
  const names = [...config().groups.keys()].join(", ");
  const want = names === "" ? "a configured group, but there are none" : `one of: ${names}`;
  return { kind: "refused", text: `group: got ${JSON.stringify(name)}, want ${want}` };
}
