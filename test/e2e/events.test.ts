import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { followEvents } from "../helpers/events.ts";
import { startExporter, terminate } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

describe("events of a real exporter", () => {
  it("continue after kill -9, without a gap and without a duplicate", async () => {
    let status = 200;
    await using server = await serveHttp((_request, response) => void response.writeHead(status).end());
    await using folder = await temporaryFolder();
    const yaml = `
modules: { web: { prober: http, timeout: 1s } }
targets:
  - { name: web, module: web, target: "http://${server.host}", interval: 1s, failure_threshold: 1, healthy_threshold: 1, failover: {} }
`;
    const args = [`--storage.path=${join(folder.path, "store")}`];
    const seen: number[] = [];
    const kept: number[] = [];
    let lastEventId = "0";
    for (let run = 0; run < 3; run += 1) {
      await using exporter = await startExporter({ yaml, args });
      await using client = await followEvents(exporter.url, lastEventId === undefined ? {} : { lastEventId });
      await client.next(({ event }) => event === "snapshot");
      for (const next of [503, 200, 503, 200]) {
        const from = client.received.length;
        status = next;
        await client.next(
          ({ event, data }) => event === "mode" && data["in_fallback_mode"] === (next === 503),
          from,
        );
      }
      // Wait for the store: the kill must not take what this client will not ask for again.
      const last = client.received.at(-1)?.id;
      const list = await waitUntil("the store to have written", async () => {
        const { events } = await exporter.json("/api/v1/events?format=json&limit=10000");
        const ids = (events as { id: number }[]).map(({ id }) => id);
        return ids.includes(Number(last)) ? ids : undefined;
      });
      kept.splice(0, kept.length, ...list);
      // The client pretends to have received only the first half.
      const half = client.received.slice(0, Math.ceil(client.received.length / 2));
      lastEventId = half.findLast(({ event }) => event !== "snapshot")?.id ?? "";
      for (const { event, id } of half) if (event !== "snapshot") seen.push(Number(id));
      exporter.process.kill("SIGKILL");
      expect(await client.ended).toBe("cut");
    }
    await using exporter = await startExporter({ yaml, args });
    await using client = await followEvents(exporter.url, { lastEventId });
    const { data } = await client.next(({ event }) => event === "snapshot");
    expect(data).toMatchObject({ targets: [{ target: "web", current_mode: "primary" }] });
    for (const { event, id } of client.received) if (event !== "snapshot") seen.push(Number(id));
    expect(seen.slice(0, kept.length)).toEqual(kept);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("report each reload, good or bad, and the stream ends with the exporter", async () => {
    const yaml = "modules: { web: { prober: http } }\n";
    await using exporter = await startExporter({ yaml });
    await using client = await followEvents(exporter.url);
    await client.next(({ event }) => event === "snapshot");
    await exporter.folder.write("exporter.yml", `${yaml}\ntargets: []\n`);
    exporter.process.kill("SIGHUP");
    expect((await client.next(({ event }) => event === "reload")).data).toMatchObject({ success: true });
    await exporter.folder.write("exporter.yml", "nonsense: true\n");
    exporter.process.kill("SIGHUP");
    await client.next(({ event, data }) => event === "reload" && data["success"] === false);
    const { exit, took } = await terminate(exporter);
    expect(exit.code).toBe(0);
    expect(took).toBeLessThan(3);
    expect(await client.ended).toBe("ended");
  });
});
