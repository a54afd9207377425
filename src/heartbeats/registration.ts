import { defined } from "../core/defined.ts";
import { isName, matchesPattern } from "../core/names.ts";
import { PING_ACTION, type PushHeartbeat, type Registration } from "../core/push-heartbeat.ts";
import type { HeartbeatFacts } from "./facts.ts";

/** Why a heartbeat cannot register by its first ping. `wanted` says what would be accepted. */
export interface RegistrationProblem {
  readonly reason: "name" | "full";
  readonly wanted: string;
}

/**
 * Checks whether `name` may register.
 * @param count number of registered heartbeats so far
 */
export function checkRegistration(
  name: string,
  { namePattern, max }: Registration,
  count: number,
): RegistrationProblem | undefined {
  if (!isName(name) || PING_ACTION.test(name)) {
    const form = "letters, digits, _, - and . (not first), at most 128 characters";
    return { reason: "name", wanted: `a name of ${form}, other than start, fail, log or a number` };
  }
  if (!matchesPattern(namePattern, name)) return { reason: "name", wanted: `a name like ${namePattern}` };
  return count < max ? undefined : { reason: "full", wanted: `at most ${max} registered heartbeats` };
}

/** Returns the settings of a registered heartbeat: its name, the defaults of `registration`, and what it told about itself. */
export const registeredHeartbeat = (
  name: string,
  { kind, timeout, startTimeout, schedule }: Registration,
  facts: HeartbeatFacts,
): PushHeartbeat => ({
  name,
  kind,
  timeout,
  startTimeout,
  ...defined({ schedule }),
  ...facts,
  critical: false,
});
