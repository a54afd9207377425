import { durationOf } from "./durations.ts";
import type { Fields } from "./fields.ts";

/** The alerts of the pack by the names of the monitor's rules. */
const ALERTS: Readonly<Record<string, string>> = {
  service_down: "HeartbeatTargetDown",
  critical_service_down: "HeartbeatCriticalTargetDown",
  consecutive_failures: "HeartbeatConsecutiveFailures",
  high_response_time: "HeartbeatResponseTimeHigh",
  low_uptime: "HeartbeatUptimeLow",
};

/** The conditions that the pack's alerts have already, as the monitor writes them, without spaces. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  service_down: ["status=='unhealthy'"],
  critical_service_down: [
    "status=='unhealthy'andcritical",
    "unhealthyandcritical",
    "status=='unhealthy'andcritical==true",
  ],
  high_response_time: ["response_time>expected*2", "response_time>expected_response_time*2"],
  low_uptime: ["uptime_percentage<95.0", "uptime_percentage<95"],
};

/** Returns the changes to the pack's alerts that rules make; `undefined` without any. */
export function ruleOverrides(rules: readonly Fields[]): object | undefined {
  const alerts: Record<string, object> = {};
  for (const rule of rules) {
    const name = rule.text("name") ?? "";
    const alert = ALERTS[name];
    const override = overrideOf(rule, name);
    if (alert !== undefined) alerts[alert] = override;
    else if (name === "service_recovery")
      rule.note("needs no rule: the end of every alert is told (send_resolved)");
    else rule.note("not imported: the pack has no such alert; write a Prometheus rule");
  }
  return Object.keys(alerts).length === 0 ? undefined : alerts;
}

function overrideOf(rule: Fields, name: string): object {
  const disabled = rule.flag("enabled") === false;
  const severity = rule.text("severity");
  const minutes = rule.number("duration_minutes");
  const [condition, threshold] = [rule.text("condition"), rule.number("threshold")];
  rule.end();
  if (disabled) return { disable: true };
  if (ALERTS[name] !== undefined && condition !== undefined) noteCondition(rule, name, condition, threshold);
  return {
    ...(minutes === undefined ? {} : { for: durationOf(minutes * 60) }),
    ...(severity === undefined ? {} : { severity }),
  };
}

/** Notes a condition that the pack's alert does not have. */
function noteCondition(rule: Fields, name: string, condition: string, threshold: number | undefined): void {
  if (name === "consecutive_failures") {
    const [, number] = /^consecutive_failures\s*>=\s*(\d+)$/.exec(condition.trim()) ?? [];
    const count = number ?? String(threshold ?? "");
    rule.note(
      `the number of failures${count === "" ? "" : `, ${count},`} is failure_threshold of the targets, from max_consecutive_failures`,
      "condition",
    );
    return;
  }
  const plain = condition.toLowerCase().replaceAll(/\s+/g, "").replaceAll('"', "'");
  if (CONDITIONS[name]?.includes(plain) !== true)
    rule.note(`not imported: ${ALERTS[name]} keeps its own condition`, "condition");
}
