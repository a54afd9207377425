/**
 * The client of the exporter: tells an application in which mode, primary or fallback, to work, and which member of a
 * route to use. Requires only `fetch`.
 *
 * @example
 * ```ts
 * import { followMode } from "heartbeat-exporter";
 *
 * const follower = followMode("http://heartbeat-exporter:8091", { target: "gpt" });
 * const { mode, policy } = follower.current();
 * if (mode === "fallback") console.log(`working in fallback: ${policy?.mode}`);
 * ```
 */
export { type FollowOptions, followMode, type ModeFollower } from "./follow.ts";
export {
  type CurrentModeOptions,
  currentMode,
  type FallbackPolicy,
  ModeError,
  type ModeReport,
} from "./mode.ts";
export {
  type CurrentRouteOptions,
  currentRoute,
  type FollowRouteOptions,
  followRoute,
  type RouteFollower,
  type RouteReport,
} from "./route.ts";
