import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { failureOfGrafanaRules } from "../pack/grafana-alerts.ts";
import { testFiles } from "../pack/rules.ts";

/** About what Grafana's rules do not have: recorded series, `ALERTS`, and the names of an application. */
const OTHERS = /(incomplete|kubernaut|-neighbours)\.test\.yml$/;

describe("Grafana's own alert rules", () => {
  test.each(testFiles.filter((file) => !OTHERS.test(file)).map((file) => [basename(file), file] as const))(
    "fire and stay silent as those of Prometheus do: %s",
    async (_name, file) => {
      expect(await failureOfGrafanaRules(file, "newest")).toBeUndefined();
    },
  );
});
