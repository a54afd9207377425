import { expect, it } from "vitest";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";

const YAML = `
heartbeats:
  - { name: minutely, kind: job, schedule: "* * * * *", timezone: Europe/Berlin, grace: 1s }
  - { name: often, kind: job, every: 1s, grace: 1s }
  - { name: running, kind: job, every: 1s, grace: 1s, start_timeout: 1h }
`;

it("jobs with a schedule are late after their grace, and one that runs is not", async () => {
  await using exporter = await startExporter({ yaml: YAML });
  for (const path of ["often", "running", "running/start"]) await exporter.get(`/ping/${path}`);
  const began = Date.now();
  const text = await exporter.get("/metrics?collect[]=heartbeats");
  const expected = valueOf(text, "heartbeat_next_expected_timestamp_seconds", { heartbeat: "minutely" }) ?? 0;
  expect(expected % 60).toBe(0);
  expect(expected * 1000 - began).toBeLessThanOrEqual(61_000);
  expect(await exporter.json("/heartbeats/minutely")).toMatchObject({
    schedule: "* * * * *",
    timezone: "Europe/Berlin",
    grace: "1s",
    next_expected: new Date(expected * 1000).toISOString().replace(".000", ""),
  });
  const { process } = exporter;
  await process.waitForOutput(/Job 2 \(often\) went offline \(last seen: 2s ago\)/);
  const [, at = ""] = await process.waitForOutput(
    /time=(\S+) .*Job 1 \(minutely\) went offline \(last seen: never\)/,
  );
  expect(Date.parse(at) / 1000 - expected).toBeGreaterThanOrEqual(0.99);
  expect(Date.parse(at) / 1000 - expected).toBeLessThan(15);
  await exporter.get("/ping/minutely");
  await process.waitForOutput(/Job 1 \(minutely\) came back online/);
  expect(process.output()).not.toContain("(running) went offline");
});
