import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { parse } from "yaml";
import { shardOf } from "../../src/core/shard.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const FOLDER = fileURLToPath(new URL("../../examples/shards", import.meta.url));
const read = (name: string): string => readFileSync(`${FOLDER}/${name}`, "utf8");

interface Compose {
  readonly services: Readonly<
    Record<string, { readonly environment?: Readonly<Record<string, string>>; readonly volumes: string[] }>
  >;
  readonly volumes: Readonly<Record<string, null>>;
}

/** Addresses of the loopback interface that stand for the hosts of the compose file: `exporter-1` is 127.0.1.1. */
const localNames = (text: string, port: number): string =>
  text.replaceAll(/exporter-([\d$]\d?|\{shard\})/gu, "127.0.1.$1").replaceAll(":8091", `:${port}`);

/** Runs the three exporters of the compose file and a real Prometheus with its configuration. */
export async function testShards(): Promise<void> {
  const { services, volumes } = parse(read("compose.yaml"), { merge: true }) as Compose;
  const environments = Object.entries(services).flatMap(([name, { environment }]) =>
    name.startsWith("exporter-") ? [environment ?? {}] : [],
  );
  expect(environments.map(({ HEARTBEAT_SHARD }) => HEARTBEAT_SHARD)).toEqual(["0", "1", "2"]);
  for (const name of Object.keys(volumes)) expect(services[name]?.volumes).toContain(`${name}:/data`);
  expect(Object.keys(volumes)).toHaveLength(environments.length);

  await using resources = new AsyncDisposableStack();
  const asked: string[] = [];
  const server = resources.use(
    await serveHttp((request, response) => {
      asked.push(request.url ?? "");
      response.end("ok");
    }),
  );
  const port = await freePort();
  const local = (text: string): string =>
    localNames(text, port)
      .replaceAll(/http:\/\/([a-z0-9-]+):8080\//gu, `http://${server.host}/$1/`)
      .replaceAll("15s", "5s");
  const state = resources.use(await temporaryFolder());
  const exporters: ExporterProcess[] = [];
  for (const [i, environment] of environments.entries()) {
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        localNames(value, port).replace(/^\/data\//u, `${state.path}/${i}/`),
      ]),
    );
    exporters.push(
      resources.use(
        await startExporter({
          yaml: local(read("exporter.yml")),
          env,
          args: [`--web.listen-address=127.0.1.${i}:${port}`],
        }),
      ),
    );
  }
  const prometheus = resources.use(
    await startPrometheus({ version: "newest", config: local(read("prometheus.yml")).replace("5s", "1s") }),
  );

  // Each target and heartbeat comes from one shard, and all do.
  const { targets, heartbeats } = parse(read("exporter.yml")) as Record<string, { name: string }[]>;
  const instanceOf = (name: string): string => `127.0.1.${shardOf(name, 3)}:${port}`;
  const instances = async (query: string, label: string): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await prometheus.query(query)).map(({ metric }) => [metric[label], metric["instance"] ?? ""]),
    );
  const expected = (all: readonly { name: string }[] = []): Record<string, string> =>
    Object.fromEntries(all.map(({ name }) => [name, instanceOf(name)]));
  await prometheus.queryUntil("count(heartbeat_target_healthy == 1) == 4 and on() count(up == 1) == 7");
  expect(await prometheus.query("count by (target) (heartbeat_target_healthy) > 1")).toEqual([]);
  expect(await instances("heartbeat_target_healthy", "target")).toEqual(expected(targets));
  expect(await instances("heartbeat_timeout_seconds", "heartbeat")).toEqual(expected(heartbeats));
  expect(await instances('heartbeat_exporter_shard_info{total_shards="3"}', "shard")).toEqual({
    "0": `127.0.1.0:${port}`,
    "1": `127.0.1.1:${port}`,
    "2": `127.0.1.2:${port}`,
  });

  // Addresses are probed through the shard that Prometheus has hashed them to.
  const probed = await prometheus.query('probe_success{job="probes"} == 1');
  expect(probed).toHaveLength(4);
  const through = (await prometheus.targets())
    .filter(({ labels }) => labels["job"] === "probes")
    .map(({ scrapeUrl }) => new URL(scrapeUrl).hostname);
  expect(through.every((host) => /^127\.0\.1\.[012]$/u.test(host))).toBe(true);
  expect(new Set(through).size).toBeGreaterThan(1);

  await testRedirects(exporters);
  for (const i of environments.keys()) expect(existsSync(`${state.path}/${i}/store.db`)).toBe(true);
  expect(asked.length).toBeGreaterThan(0);
}

/** A ping may reach any shard, and so may a question about a target. */
async function testRedirects(exporters: readonly ExporterProcess[]): Promise<void> {
  for (const { url } of exporters) {
    const response = await fetch(`${url}/ping/backup?token=x`, { method: "POST", body: "done" });
    expect([response.status, await response.text()]).toEqual([200, "OK"]);
    const heartbeat = (await (await fetch(`${url}/heartbeats/backup`)).json()) as { name: string };
    expect(heartbeat).toMatchObject({ name: "backup" });
  }
  const owner = exporters[shardOf("backup", 3)];
  const counted = await waitUntil("the pings", async () => {
    const text = (await owner?.get("/metrics?collect[]=heartbeats")) ?? "";
    const [, count] =
      /^heartbeat_pings_total\{.*heartbeat="backup".*kind="success".*\} (\d+)$/mu.exec(text) ?? [];
    return count;
  });
  expect(counted).toBe("3");
}
