import { isName, matchesPattern } from "../core/names.ts";
import { PING_ACTION, type PushHeartbeat, type Registration } from "../core/push-heartbeat.ts";

/** Why a name cannot be taken by a first ping. `wanted` says what could. */
export interface RegistrationProblem {
  readonly reason: "name" | "full";
  readonly wanted: string;
}

/** What speaks against a first ping of `name`, when there are `known` registered heartbeats already. */
export function refusalOf(
  name: string,
  { namePattern, max }: Registration,
  known: number,
): RegistrationProblem | undefined {
  if (!isName(name) || PING_ACTION.test(name)) {
    const form = "letters, digits, _, - and . (not first), at most 128";
    return { reason: "name", wanted: `a name of ${form}, that is no start, fail, log or number` };
  }
  if (!matchesPattern(namePattern, name)) return { reason: "name", wanted: `a name like ${namePattern}` };
  return known < max ? undefined : { reason: "full", wanted: `at most ${max} registered heartbeats` };
}

/** What is known of a heartbeat that registered: its name, and what holds for all of them. */
export const registeredAs = (name: string, { kind, timeout, startTimeout }: Registration): PushHeartbeat => ({
  name,
  kind,
  timeout,
  startTimeout,
  labels: {},
  critical: false,
});
