import { expect, test } from "vitest";
import { shardOf } from "../../src/core/shard.ts";
import { runMain, startExporter } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const YAML = `
modules: { a: { prober: http } }
targets:
  - { name: gpt, module: a, target: "http://127.0.0.1:1/", failover: {} }
  - { name: interpreter, module: a, target: "http://127.0.0.1:1/", failover: {} }
heartbeats: [{ name: production-server, timeout: 1m }]
heartbeat_registration: { token: token-of-the-test }
`;

test("a shard refuses what another one owns, and says which", async () => {
  await using exporter = await startExporter({ yaml: YAML, args: ["--shard=0", "--total-shards=2"] });
  const answer = async (path: string, method = "GET"): Promise<[number, string]> => {
    const response = await fetch(`${exporter.url}${path}`, { method });
    return [response.status, (await response.text()).trim()];
  };
  const text = "gpt belongs to shard 1 of 2; this is shard 0";
  expect(await answer("/probe?target=gpt")).toEqual([421, text]);
  expect(await answer("/config/mode?target=gpt")).toEqual([421, JSON.stringify({ error: text })]);
  expect(await answer("/config/failover?target=gpt", "POST")).toEqual([421, JSON.stringify({ error: text })]);
  expect(await answer("/ping/production-server")).toEqual([
    421,
    "production-server belongs to shard 1 of 2; this is shard 0",
  ]);
  expect((await answer("/config/mode"))[0]).toBe(200);
  expect((await answer("/config/mode?target=unknown"))[0]).toBe(404);
  // A machine that registers itself belongs to a shard by its name, too.
  const names = Array.from({ length: 20 }, (_, i) => `machine-${i}`);
  for (const name of names) {
    const [status] = await answer(`/ping/token-of-the-test/${name}`);
    expect([name, status]).toEqual([name, shardOf(name, 2) === 0 ? 200 : 421]);
  }
  expect(JSON.stringify(await exporter.json("/sd"))).not.toContain("gpt");
});

test("registered heartbeats leave a shard that does not own them any more, instead of going offline there", async () => {
  await using folder = await temporaryFolder();
  const store = `--storage.path=${folder.path}/state.db`;
  const names = Array.from({ length: 10 }, (_, i) => `machine-${i}`);
  {
    await using alone = await startExporter({ yaml: YAML, args: [store] });
    for (const name of names) await alone.get(`/ping/token-of-the-test/${name}`);
  }
  await using exporter = await startExporter({ yaml: YAML, args: [store, "--shard=1", "--total-shards=2"] });
  const text = await exporter.get("/metrics?collect[]=heartbeats");
  const left = names.filter((name) => text.includes(`heartbeat="${name}"`));
  expect(left).toEqual(names.filter((name) => shardOf(name, 2) === 1));
});

test("an exporter with half a shard does not start", async () => {
  await using running = runMain(["--web.listen-address=127.0.0.1:0", "--demo", "--shard=0"]);
  expect((await running.exited).code).toBe(2);
  expect(running.stderr()).toContain(
    "--shard: got no --total-shards, want the number of shards in --total-shards",
  );
});
