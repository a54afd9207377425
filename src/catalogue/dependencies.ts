import { gauge } from "../core/metric.ts";

/** Metrics of what targets and heartbeats depend on. */
export const dependencyMetrics = {
  dependencyDown: gauge(
    "heartbeat_dependency_down",
    "1 while something that the target or heartbeat depends on is down, and 0 while that is not certain: its alerts wait in both cases. Has the labels `target` and `module`, or `heartbeat` and `source`, of the one that depends",
    ["depends_on"],
    { when: "with `depends_on`, while a dependency is down or may be" },
  ),
};
