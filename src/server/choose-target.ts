import type { Request, Response } from "express";
import type { Target } from "../core/target.ts";
import type { Deps } from "./deps.ts";
import { refuseJson } from "./refuse.ts";

/**
 * The target that a status or mode route is about: `?target=`, or the only one with failover, or the only one at all.
 * Answers the request itself, and returns nothing, when that is not clear.
 */
export function chooseTarget({ current }: Deps, req: Request, res: Response): Target | undefined {
  const targets = [...current().targets.values()];
  const name = new URL(req.url, "http://localhost").searchParams.get("target");
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
