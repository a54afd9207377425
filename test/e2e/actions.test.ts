import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startAlertmanager } from "../helpers/alertmanager.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const RULES = `
groups:
  - name: heartbeat
    interval: 1s
    rules:
      - { alert: HeartbeatTargetDown, expr: heartbeat_target_healthy == 0 }
      - { alert: HeartbeatDownTwice, expr: heartbeat_target_healthy == 0 }
`;

/** Starts two services whose status is the text of a file, Prometheus, Alertmanager, and an exporter that repairs. */
async function startStack() {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const isUp = (name: string): boolean => readFileSync(`${folder.path}/${name}`, "utf8") === "up";
  const ran = (name: string): number => {
    try {
      return readFileSync(`${folder.path}/${name}.ran`, "utf8").length;
    } catch {
      return 0;
    }
  };
  for (const name of ["mendable", "broken"]) await folder.write(name, "up");
  const services = resources.use(
    await serveHttp((req, res) => res.writeHead(isUp((req.url ?? "/").slice(1)) ? 200 : 500).end()),
  );
  // Counts its runs, and repairs one of the two services.
  const script = await folder.write(
    "repair.cjs",
    `const fs = require("node:fs"); const name = process.argv[2];
     fs.appendFileSync(${JSON.stringify(folder.path)} + "/" + name + ".ran", "x");
     if (name === "mendable") fs.writeFileSync(${JSON.stringify(folder.path)} + "/" + name, "up");`,
  );
  const port = await freePort();
  const start = (): Promise<ExporterProcess> =>
    startExporter({
      yaml: `
modules: { http_2xx: { prober: http, timeout: 500ms } }
targets:
  - { name: mendable, module: http_2xx, target: "http://${services.host}/mendable", interval: 500ms, schedule: interval, failure_threshold: 2, healthy_threshold: 1 }
  - { name: broken, module: http_2xx, target: "http://${services.host}/broken", interval: 500ms, schedule: interval, failure_threshold: 2, healthy_threshold: 1 }
actions:
  - name: restart
    token_file: token
    match: { alertname: { regex: "HeartbeatTargetDown|HeartbeatDownTwice" } }
    run: [${process.execPath}, ${script}, "{{target}}"]
    cooldown: 1s
    settle: 500ms
`,
      files: { token: "token-of-alertmanager" },
      args: [`--web.listen-address=127.0.0.1:${port}`, `--storage.path=${folder.path}/store.db`],
    });
  const manager = resources.use(
    await startAlertmanager({
      version: "newest",
      config: `
route: { receiver: repair, group_by: [alertname, target], group_wait: 0s, group_interval: 1s, repeat_interval: 1s }
receivers:
  - name: repair
    webhook_configs:
      - url: http://127.0.0.1:${port}/alertmanager/actions/restart
        http_config: { authorization: { credentials_file: token } }
`,
      files: { token: "token-of-alertmanager" },
    }),
  );
  const prometheus = resources.use(
    await startPrometheus({
      version: "newest",
      config: `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [heartbeat.rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${new URL(manager.url).host}"] }] }] }
scrape_configs: [{ job_name: heartbeat, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }]
`,
      files: { "heartbeat.rules.yml": RULES },
    }),
  );
  const owned = resources.move();
  return { folder, isUp, ran, start, prometheus, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("restarts a failed service once, and gives up on a broken one after three attempts", async () => {
  await using all = await startStack();
  const { folder, isUp, ran, prometheus } = all;
  let exporter = await all.start();
  try {
    await prometheus.queryUntil("heartbeat_target_healthy == 1", (found) => found.length === 2);

    await folder.write("mendable", "down");
    const died = performance.now();
    await waitUntil("the repair", () => (isUp("mendable") ? true : undefined));
    expect((performance.now() - died) / 1000).toBeLessThan(8);
    await prometheus.queryUntil('heartbeat_target_healthy{target="mendable"} == 1');
    // Two alerts were about it, and one action.
    expect(ran("mendable")).toBe(1);

    await folder.write("broken", "down");
    await waitUntil("an attempt", () => (ran("broken") >= 1 ? true : undefined));
    exporter.process.kill("SIGKILL");
    await exporter.process.exited;
    await exporter[Symbol.asyncDispose]();
    exporter = await all.start();
    await prometheus.queryUntil('heartbeat_action_exhausted{action="restart", target="broken"} == 1');
    expect(ran("broken")).toBe(3);
    // Alertmanager goes on asking, and the exporter refuses.
    const refused = async (): Promise<number> =>
      valueOf(await exporter.get("/metrics"), "heartbeat_action_attempts_total", {
        action: "restart",
        result: "refused",
      }) ?? 0;
    const before = await refused();
    await waitUntil("refusals", async () => ((await refused()) > before + 2 ? true : undefined));
    expect(ran("broken")).toBe(3);
    expect(ran("mendable")).toBe(1);
  } finally {
    await exporter[Symbol.asyncDispose]();
  }
});
