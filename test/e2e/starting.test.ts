import { join } from "node:path";
import { expect, it } from "vitest";
import { runMain, startExporter } from "../helpers/exporter.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

it("answers at once while it waits for the store of an exporter that still runs", async () => {
  await using folder = await temporaryFolder();
  const storage = `--storage.path=${join(folder.path, "s.db")}`;
  await using first = await startExporter({ yaml: "heartbeats: [{ name: a }]", args: [storage] });
  const config = await folder.write("exporter.yml", "heartbeats: [{ name: a }]");
  const port = await freePort();
  await using second = runMain([
    `--config.file=${config}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.route-prefix=/hb",
    storage,
  ]);
  const get = (path: string) =>
    fetch(`http://127.0.0.1:${port}/hb${path}`, { signal: AbortSignal.timeout(4000) });
  const alive = await waitUntil("an answer", () => get("/-/healthy").catch(() => undefined));
  expect([alive.status, await alive.text()]).toEqual([200, "heartbeat-exporter is starting\n"]);
  expect((await get("/livez")).status).toBe(200);
  for (const path of ["/-/ready", "/readyz", "/metrics", "/ping/a", "/-/healthyx"]) {
    const refused = await get(path);
    expect([path, refused.status, refused.headers.get("retry-after")]).toEqual([path, 503, "1"]);
    expect(await refused.text()).toContain("the exporter is starting");
  }
  expect(second.output()).not.toContain("heartbeat-exporter listens");
  await second.waitForOutput(/heartbeat-exporter listens/);
  expect((await get("/-/ready")).status).toBe(200);
  expect(await first.get("/-/ready")).not.toBe("");
  expect((await get("/metrics")).status).toBe(200);
  expect(await (await get("/-/healthy")).text()).not.toContain("starting");
});
