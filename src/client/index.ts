/**
 * For programs that follow the mode which the exporter keeps for a target: `import { followMode } from "heartbeat-exporter"`.
 * Needs nothing but `fetch`.
 */
export { type FollowOptions, followMode, type ModeFollower } from "./follow.ts";
export {
  type CurrentModeOptions,
  currentMode,
  type FallbackPolicy,
  ModeError,
  type ModeReport,
} from "./mode.ts";
