import { describe, expect, it } from "vitest";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";

const TOKEN = "shared-token-of-the-test";

describe("a machine, with an exporter configured by environment variables", () => {
  it("registers, goes offline at the threshold and comes back, and each is logged once", async () => {
    await using exporter = await startExporter({
      env: { MACHINE_OFFLINE_THRESHOLD: "1s", HEARTBEAT_PING_TOKEN: TOKEN },
    });
    const { process } = exporter;
    const ping = () => exporter.get("/ping/production-server", { Authorization: `Bearer ${TOKEN}` });
    await process.waitForOutput(/msg="Heartbeat monitor started \(interval: 30s, threshold: 1s\)"/);
    await expect(exporter.get("/ping/production-server")).rejects.toThrow("401");
    expect(await ping()).toBe("OK");

    const [, at = ""] = await process.waitForOutput(
      /time=(\S+) level=warn msg="Machine 1 \(production-server\) went offline \(last seen: 1s ago\)"/,
    );
    const text = await exporter.get("/metrics?collect[]=heartbeats");
    const labels = { heartbeat: "production-server", source: "push" };
    const seen = valueOf(text, "heartbeat_last_seen_timestamp_seconds", labels) ?? 0;
    expect(Date.parse(at) / 1000 - seen).toBeGreaterThan(0.998);
    // At the threshold and not at a beat of the check interval, of which the first is after 30 s.
    expect(Date.parse(at) / 1000 - seen).toBeLessThan(15);
    expect(valueOf(text, "heartbeat_up", labels)).toBe(0);

    await ping();
    await process.waitForOutput(/msg="Machine 1 \(production-server\) came back online"/);
    await waitUntil("the second time offline", () =>
      process.output().match(/went offline/g)?.length === 2 ? true : undefined,
    );
    expect(process.output().match(/came back online/g)).toHaveLength(1);
    expect(process.output()).not.toContain(TOKEN);
  });

  it("is logged as offline at the beats of the check interval when one is set", async () => {
    await using exporter = await startExporter({
      env: {
        MACHINE_OFFLINE_THRESHOLD: "1s",
        MACHINE_HEARTBEAT_CHECK_INTERVAL: "3s",
        HEARTBEAT_PING_TOKEN: TOKEN,
      },
    });
    const { process } = exporter;
    await process.waitForOutput(/Heartbeat monitor started \(interval: 3s, threshold: 1s\)/);
    await exporter.get(`/ping/${TOKEN}/production-server`);
    await waitUntil("the status", async () => {
      const { status } = await exporter.json("/heartbeats/production-server");
      return status === "offline" ? true : undefined;
    });
    expect(process.output()).not.toContain("went offline");
    await process.waitForOutput(/Machine 1 \(production-server\) went offline \(last seen: [23]s ago\)/);
  });
});
