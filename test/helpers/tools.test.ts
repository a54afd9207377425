import { expect, test } from "vitest";

import { runTool, type ToolName, tool } from "./tools.ts";

test.for([
  { name: "prometheus", version: "bookworm", reports: /^2\.42\./ },
  { name: "promtool", version: "bookworm", reports: /^2\.42\./ },
  { name: "blackbox_exporter", version: "bookworm", reports: /^0\.23\./ },
  { name: "alertmanager", version: "bookworm", reports: /^0\.25\./ },
  { name: "amtool", version: "bookworm", reports: /^0\.25\./ },
  { name: "alertmanager", version: "newest", reports: /^0\.(2[89]|[3-9]\d)\./ },
  { name: "amtool", version: "newest", reports: /^0\.(2[89]|[3-9]\d)\./ },
  { name: "prometheus", version: "newest", reports: /^[3-9]\./ },
  { name: "promtool", version: "newest", reports: /^[3-9]\./ },
  { name: "blackbox_exporter", version: "newest", reports: /^0\.(2[89]|[3-9]\d)\./ },
  { name: "llama-server", version: "newest", reports: /./ },
  { name: "mtail", version: "newest", reports: /^3\./ },
  { name: "logrotate", version: "newest", reports: /./ },
] as const)("$name ($version) is present", ({ name, version, reports }) => {
  expect(tool(name, version).version).toMatch(reports);
});

test("throws for a missing program, and says what to do", () => {
  expect(() => tool("nagios" as ToolName, "newest")).toThrow(/nagios \(newest\) is missing.*npm test/);
});

test("runTool passes input to promtool and returns its verdict", async () => {
  const metrics = "# HELP a_total As.\n# TYPE a_total counter\na_total 1\n";
  expect(await runTool("promtool", "newest", ["check", "metrics"], { input: metrics })).toMatchObject({
    code: 0,
  });
  const bad = await runTool("promtool", "newest", ["check", "metrics"], {
    input: metrics.replaceAll("a_total", "a"),
  });
  expect(bad).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('counter metrics should have "_total" suffix'),
  });
});
