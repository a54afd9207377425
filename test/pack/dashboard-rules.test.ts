import { expect, test } from "vitest";
import { absenceRules } from "./dashboards/absence-rules.ts";
import type { DashboardJson, PanelJson } from "./dashboards/json.ts";
import { linterRules } from "./dashboards/linter-rules.ts";
import { lookRules } from "./dashboards/look-rules.ts";
import { panelsOf, readDashboards } from "./queries.ts";

const rules = [...absenceRules, ...lookRules, ...linterRules];

test.each(rules.map((rule) => [rule.rule, rule] as const))("%s", (_name, { violations, reason }) => {
  const found = [...readDashboards()].map(
    ([name, dashboard]) =>
      [
        name,
        violations(
          dashboard as unknown as DashboardJson,
          panelsOf(dashboard) as unknown as readonly PanelJson[],
        ),
      ] as const,
  );
  const broken = Object.fromEntries(found.filter(([, places]) => places.length > 0));
  // With the reason, which tells what Grafana would show.
  expect({ reason, broken }).toEqual({ reason, broken: {} });
});
