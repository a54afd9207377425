import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { seconds } from "../src/core/units.ts";
import { createStandIn } from "../src/demo/stand-in.ts";
import { testBanners } from "./examples/banners.ts";
import { testCompose } from "./examples/compose.ts";
import { testGrpc } from "./examples/grpc.ts";
import { checkFollower, testHaproxy, testNginx, testRoutes } from "./examples/routes.ts";
import { testShards } from "./examples/shards.ts";
import { testWebsocket } from "./examples/websocket.ts";
import { startAlertmanager } from "./helpers/alertmanager.ts";
import { makeCertificate } from "./helpers/certificates.ts";
import { runMain, startExporter } from "./helpers/exporter.ts";
import { parseExposition, valueOf } from "./helpers/exposition.ts";
import { serveHttp, serveTcp } from "./helpers/http-targets.ts";
import { startKubernetes } from "./helpers/kubernetes.ts";
import { startUnbound } from "./helpers/name-servers.ts";
import { installPackage } from "./helpers/package.ts";
import { type Finished, run, start, waitUntil } from "./helpers/process.ts";
import { smtpReceiver } from "./helpers/receivers.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";
import { runTool } from "./helpers/tools.ts";
import { notification, startReceiver } from "./notify/receiver.ts";

const SHARED = "shared-token-of-the-test";

/** Starts the exporter of `heartbeats.yml` and passes functions to ping it and to list its heartbeats. */
async function withHeartbeats(
  use: (heartbeats: {
    readonly list: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
    /** Runs a command line with `sh`, in the environment that the examples expect. */
    readonly shell: (command: string, env?: Readonly<Record<string, string>>) => Promise<Finished>;
  }) => Promise<void>,
): Promise<void> {
  await using secrets = await temporaryFolder();
  const token = await secrets.write("ping", `${SHARED}\n`);
  await using exporter = await startExporter({
    yaml: read("heartbeats.yml").replaceAll("/run/secrets/ping", token),
  });
  const variables = { HEARTBEAT_URL: `${exporter.url}/ping`, HEARTBEAT_TOKEN_FILE: token };
  await use({
    list: async () =>
      (await exporter.json("/heartbeats")) as unknown as readonly Readonly<Record<string, unknown>>[],
    shell: (command, env = {}) =>
      run(["sh", "-c", command], { env: { ...process.env, ...variables, ...env } }),
  });
}

const folder = fileURLToPath(new URL("../examples", import.meta.url));
const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");

/** The parts of a Kubernetes object that the tests read. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly rules?: readonly { readonly verbs: string[]; readonly resourceNames?: string[] }[];
  readonly roleRef?: { readonly name: string };
  readonly subjects?: readonly object[];
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template: { readonly spec: object } };
}

/** Checks that the oldest and the newest supported Alertmanager accept the file. */
async function checkAlertmanager(name: string): Promise<void> {
  await using secrets = await temporaryFolder();
  await secrets.write("alertmanager", "token");
  const config = read(name).replaceAll("/run/secrets", secrets.path);
  const file = await secrets.write("alertmanager.yml", config);
  for (const version of ["bookworm", "newest"] as const) {
    const { code, stdout, stderr } = await runTool("amtool", version, ["check-config", file]);
    expect({ code, output: stdout + stderr }).toMatchObject({ code: 0 });
  }
}

/** The test of each example, by file name. */
const TESTED: Readonly<Record<string, () => Promise<void>>> = {
  "banners.yml": testBanners,
  shards: testShards,
  "grpc.yml": testGrpc,
  "websocket.yml": testWebsocket,
  routes: async () => {
    expect(readdirSync(`${folder}/routes`).toSorted()).toEqual([
      "exporter.yml",
      "haproxy.cfg",
      "nginx-route.sh",
      "nginx.conf",
    ]);
    await testRoutes();
    await testHaproxy();
    await testNginx();
  },
  clients: async () => {
    expect(readdirSync(`${folder}/clients`).toSorted()).toEqual(["route.go", "route.py"]);
    await checkFollower((url) => ["python3", `${folder}/clients/route.py`, url, "chat"]);
    await using built = await temporaryFolder();
    const program = `${built.path}/route`;
    const build = await run(["go", "build", "-o", program, `${folder}/clients/route.go`], {
      deadline: seconds(120),
    });
    expect(build).toMatchObject({ code: 0, stderr: "" });
    await checkFollower((url) => [program, url, "chat"]);
  },
  "follow-route.ts": async () => {
    await using installed = await temporaryFolder();
    await installPackage(installed.path);
    const program = await installed.write("follow-route.ts", read("follow-route.ts"));
    await installed.write("package.json", '{ "type": "module" }');
    await checkFollower((url) => [process.execPath, program, url, "chat"]);
  },
  "exporter.yml": async () => {
    await using keys = await temporaryFolder();
    const key = await keys.write("openai", "sk-of-the-test\n");
    // Nothing is sent to the internet: only the scheduled target is probed before the first scrape.
    const yaml = read("exporter.yml")
      .replace("/run/secrets/openai", key)
      .replace("api.openai.com", "127.0.0.1:1");
    await using exporter = await startExporter({ yaml });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_target_info", { target: "gpt", kind: "llm" })).toBe(1);
    expect(valueOf(text, "heartbeat_target_info", { target: "interpreter", critical: "true" })).toBe(1);
    expect(await exporter.get("/config")).not.toContain("sk-of-the-test");
  },

  "compose.yaml": testCompose,

  "heartbeats.yml": async () => {
    await withHeartbeats(async ({ list, shell }) => {
      const ping = (name: string) =>
        shell(`curl -sS -H "Authorization: Bearer $(cat "$HEARTBEAT_TOKEN_FILE")" "$HEARTBEAT_URL/${name}"`);
      expect((await ping("production-server")).stdout).toBe("OK");
      expect((await ping("web-7?hostname=web-7.example.com&labels.team=shop")).stdout).toBe("OK");
      expect((await ping("db-7")).stdout).toContain("want a name like web-*");
      expect(await list()).toMatchObject([
        { name: "production-server", status: "online", timeout: "2m0s" },
        { name: "nightly-backup", status: "unknown", start_timeout: "1h0m0s" },
        {
          name: "web-7",
          status: "online",
          registered: true,
          hostname: "web-7.example.com",
          labels: { team: "shop" },
        },
      ]);
    });
  },

  "ping.sh": async () => {
    await withHeartbeats(async ({ list, shell }) => {
      const script = `${folder}/ping.sh`;
      expect(await shell(`${script} production-server`)).toMatchObject({ code: 0, stderr: "" });
      const done = await shell(`${script} nightly-backup sh -c 'echo copied; sleep 0.2'`);
      expect(done).toMatchObject({ code: 0, stdout: "copied\n", stderr: "" });
      const [server, backup] = await list();
      expect(server).toMatchObject({ status: "online" });
      expect(backup).toMatchObject({
        status: "online",
        running_since: null,
        pings: { start: 1, success: 1 },
      });
      expect(backup?.["last_duration_seconds"]).toBeGreaterThan(0.2);
      expect((await shell(`${script} nightly-backup sh -c 'exit 3'`)).code).toBe(3);
      expect((await list())[1]).toMatchObject({ status: "offline", cause: "fail", pings: { fail: 1 } });
      const registering = `${script} web-5 && ${script} web-6 true`;
      const facts = "hostname=h.example.com&labels.team=shop";
      expect(await shell(registering, { HEARTBEAT_FACTS: facts })).toMatchObject({ code: 0, stderr: "" });
      const told = { registered: true, hostname: "h.example.com", labels: { team: "shop" } };
      expect((await list()).slice(2)).toMatchObject([
        { name: "web-5", ...told },
        { name: "web-6", ...told, pings: { start: 1, success: 1 } },
      ]);
      expect((await list())[3]?.["last_duration_seconds"]).not.toBeNull();
      // A ping that is rejected does not fail the job.
      const rejected = await shell(`${script} start sh -c 'exit 0'`);
      expect(rejected).toMatchObject({ code: 0, stderr: expect.stringContaining("could not be reported") });
    });
  },

  "heartbeat.service": async () => {
    const verified = await run(["systemd-analyze", "verify", `${folder}/heartbeat.service`]);
    expect(verified).toMatchObject({ code: 0, stderr: "" });
    const [, line = ""] = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(read("heartbeat.service")) ?? [];
    const command = line.replaceAll('\\\\"', '\\"').replaceAll("%%", "%").replaceAll("%H", "web-9");
    await withHeartbeats(async ({ list, shell }) => {
      const credentials = 'CREDENTIALS_DIRECTORY=$(dirname "$HEARTBEAT_TOKEN_FILE"); ';
      const [, facts = ""] = /^Environment=HEARTBEAT_FACTS=(.*)$/m.exec(read("heartbeat.service")) ?? [];
      const sent = await shell(credentials + command, { HEARTBEAT_FACTS: facts });
      expect(sent).toMatchObject({ code: 0, stderr: "" });
      const told = { hostname: "web-9", owner: "web", labels: { team: "shop" } };
      expect(await list()).toContainEqual(
        expect.objectContaining({ name: "web-9", status: "online", ...told }),
      );
    });
  },

  "heartbeat.timer": async () => {
    const units = ["timer", "service"].map((kind) => `${folder}/heartbeat.${kind}`);
    expect(await run(["systemd-analyze", "verify", ...units])).toMatchObject({ code: 0, stderr: "" });
    const [, every] = /^OnUnitActiveSec=(.*)$/m.exec(read("heartbeat.timer")) ?? [];
    expect(every).toBe("1min");
  },

  "heartbeat.cron": async () => {
    const lines = read("heartbeat.cron").matchAll(/^(?:\S+ ){5}\w+\s+((?:\w+="[^"]*" )?\/.*)$/gm);
    const [machine = "", job = ""] = [...lines].map(([, command = ""]) =>
      command
        .replace("/usr/local/bin/ping.sh", `${folder}/ping.sh`)
        .replace("/usr/local/bin/backup.sh", "true")
        .replace('"$(hostname)"', '"web-$(hostname)"'),
    );
    await withHeartbeats(async ({ list, shell }) => {
      for (const command of [machine, job])
        expect(await shell(command)).toMatchObject({ code: 0, stderr: "" });
      expect(await list()).toMatchObject([
        { name: "production-server", status: "unknown" },
        { name: "nightly-backup", status: "online", pings: { start: 1, success: 1 } },
        {
          name: expect.stringMatching(/^web-/),
          status: "online",
          hostname: expect.stringMatching(/./),
          owner: "web",
          labels: { team: "shop" },
        },
      ]);
    });
  },

  "kubernetes-restart": async () => {
    const objects = [
      "kustomization.yaml",
      "role.yaml",
      "exporter/kustomization.yaml",
      "exporter/config-map.yaml",
    ]
      .flatMap((file) => parseAllDocuments(read(`kubernetes-restart/${file}`)))
      .map((document) => document.toJS() as Manifest);
    const role = objects.find(({ kind }) => kind === "Role");
    const [rule] = role?.rules ?? [];
    const granted = `${rule?.verbs.join()} namespaces/${role?.metadata.namespace}/deployments/${rule?.resourceNames?.join()}`;

    await using receiver = await startReceiver();
    await using secrets = await temporaryFolder();
    const written = (name: string): Promise<string> => secrets.write(name, `${name}-of-the-test`);
    const config = objects.find(({ kind }) => kind === "ConfigMap")?.data?.["exporter.yml"] ?? "";
    const yaml = config
      .replace("/run/secrets/heartbeat-exporter/alertmanager", await written("alertmanager"))
      .replace("/var/run/secrets/kubernetes.io/serviceaccount/token", await written("token"))
      .replace(
        "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
        await secrets.write("ca.crt", makeCertificate({ names: ["DNS:a"] }).cert),
      )
      .replace("https://kubernetes.default.svc", receiver.url)
      .replace("http://interpreter.llm.svc:5120", "http://127.0.0.1:1")
      .replace(/^ *dry_run: true$/m, "    settle: 0s");
    await using exporter = await startExporter({ yaml });
    const labels = { alertname: "HeartbeatCriticalTargetDown", target: "interpreter" };
    await fetch(`${exporter.url}/alertmanager/actions/restart`, {
      method: "POST",
      headers: { Authorization: "Bearer alertmanager-of-the-test" },
      body: notification([{ labels }]),
    });
    const patch = await waitUntil("the request", () => receiver.arrived[0]);
    expect(patch.headers["authorization"]).toBe("Bearer token-of-the-test");
    expect(patch.path).toBe("/hook/apis/apps/v1/namespaces/llm/deployments/interpreter");
    expect(granted).toBe(`patch ${patch.path.replace("/hook/apis/apps/v1/", "")}`);
  },

  "kubernetes-lease": async () => {
    const nodeLeases = read("kubernetes-lease/node-leases.yml");
    const objects = ["kubernetes.yml", "node-leases.yml"]
      .flatMap((file) => parseAllDocuments(read(`kubernetes-lease/${file}`)))
      .map((document) => document.toJS() as Manifest);
    const granted = objects
      .filter(({ kind }) => kind === "Role")
      .flatMap(({ metadata, rules = [] }) =>
        rules.flatMap(({ verbs, resourceNames = [""] }) =>
          verbs.flatMap((verb) => resourceNames.map((name) => `${verb} ${metadata.namespace}/${name}`)),
        ),
      );
    const account = { kind: "ServiceAccount", name: "heartbeat-pair", namespace: "monitoring" };
    for (const { kind, metadata, roleRef, subjects } of objects) {
      if (kind !== "RoleBinding") continue;
      expect(subjects).toEqual([account]);
      const bound = objects.find(
        (other) => other.kind === "Role" && other.metadata.namespace === metadata.namespace,
      );
      expect(roleRef?.name).toBe(bound?.metadata.name);
    }
    const pod = objects.find(({ kind }) => kind === "Deployment")?.spec?.template.spec;
    expect(pod).toMatchObject({ serviceAccountName: account.name });

    await using cluster = await startKubernetes();
    const syncer = { leaseDurationSeconds: 30, renewTime: "2025-09-15T13:30:00.000000Z" };
    cluster.put("kcp/syncer-heartbeat", { ...syncer, holderIdentity: "syncer-1" });
    cluster.put("kube-node-lease/node-1", { ...syncer, holderIdentity: "node-1" });
    await using folder = await temporaryFolder();
    const KUBECONFIG = await folder.write("config", cluster.kubeconfig({ namespace: "monitoring" }));
    const key = await folder.write("key", "sk-of-the-test");
    const config = objects.find(({ kind }) => kind === "ConfigMap")?.data?.["exporter.yml"] ?? "";
    const yaml = config
      .replace("/run/secrets/heartbeat-pair/openai", key)
      .replace("https://api.openai.com", "http://127.0.0.1:1")
      // Shorter, because the test waits for a renewal.
      .replace("duration: 30s", "duration: 3s");
    // The comment of the file says what to add.
    const [, modules = "", targets = ""] =
      /^# {3}modules: \{ (.*) \}\n# {3}targets: \[(.*)\]$/m.exec(nodeLeases) ?? [];
    const withNodes = yaml
      .replace(/^modules:$/m, `modules:\n  ${modules}`)
      .replace(/^targets:$/m, `targets:\n  - ${targets}`);
    await using exporter = await startExporter({
      yaml: withNodes,
      env: { KUBECONFIG, POD_IP: "127.0.0.1" },
    });
    await waitUntil("the leases of both targets", async () => {
      const leases = await exporter.get("/metrics");
      const syncers = valueOf(leases, "heartbeat_up", { heartbeat: "kcp/syncer-heartbeat" });
      const nodes = valueOf(leases, "heartbeat_lease_up", { lease: "kube-node-lease/node-1" });
      return syncers === 1 && nodes === 1 ? true : undefined;
    });
    await waitUntil("the watch", () => (cluster.watches.count() === 1 ? true : undefined));
    await waitUntil("a renewal", () => (cluster.writes.length > 1 ? true : undefined));
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_exporter_leader")).toBe(1);
    await exporter.process.stop();
    const requested = cluster.requests.map(({ verb, lease }) => `${verb} ${lease}`);
    expect([...new Set(requested)].toSorted()).toEqual(granted.toSorted());
  },

  "heartbeat-log.yml": async () => {
    await using logs = await temporaryFolder();
    const message = { event: "💓 HEARTBEAT - System Statistics", heartbeat_count: 5, interval_seconds: 60 };
    const beat = JSON.stringify({ ...message, consumer_avg_processing_time_ms: 5.2 });
    const file = await logs.write("petrosa/strategies.log", `${new Date().toISOString()} ${beat}\n`);
    const old = await logs.write(
      "batch/nightly.log",
      "2025-09-15T02:00:00Z batch finished jobs=12 took=93\n",
    );
    const yaml = read("heartbeat-log.yml").replaceAll("/var/log/", `${logs.path}/`);
    await using exporter = await startExporter({ yaml });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "probe_success", { target: "strategies" })).toBe(1);
    expect(valueOf(text, "heartbeat_log_heartbeat_count", { heartbeat: file })).toBe(5);
    expect(valueOf(text, "heartbeat_log_consumer_avg_processing_time_seconds")).toBe(0.0052);
    expect(valueOf(text, "probe_failure_reason", { target: "nightly", reason: "stale" })).toBe(1);
    expect(valueOf(text, "heartbeat_log_batch_jobs_total", { heartbeat: old })).toBe(12);
    expect(valueOf(text, "heartbeat_log_batch_duration_seconds")).toBe(93);
    await using run = runMain([
      "parse",
      `--config.file=${await logs.write("e.yml", yaml)}`,
      "--module=batch",
      old,
    ]);
    expect((await run.exited).code).toBe(0);
  },

  "groups.yml": async () => {
    let isDown = false;
    await using server = await serveHttp(
      (_request, response) => void response.writeHead(isDown ? 503 : 200).end(),
    );
    const yaml = read("groups.yml")
      .replace("/run/secrets/control", "control")
      .replace("/run/secrets/components", "components")
      .replaceAll(/localhost:(512\d)\/health/g, `${server.host}/$1`)
      .replaceAll(
        "schedule: interval",
        "schedule: interval\n    interval: 5s\n    failure_threshold: 1\n    healthy_threshold: 1",
      );
    await using exporter = await startExporter({
      yaml,
      files: { control: "token-of-the-test", components: "token-of-components" },
    });
    expect(await (await fetch(`${exporter.url}/livez`)).text()).toBe("ok");
    await fetch(`${exporter.url}/api/v1/components/sync-engine`, {
      method: "PUT",
      headers: { Authorization: "Bearer token-of-components" },
      body: '{"status": "healthy", "ttl": "2m"}',
    });
    await waitUntil("the first probes of all three", async () =>
      (await fetch(`${exporter.url}/readyz`)).status === 200 ? true : undefined,
    );
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_group_info", { group: "ecosystem", team: "ai" })).toBe(1);
    expect(valueOf(text, "heartbeat_group_status", { group: "search", status: "healthy" })).toBe(1);
    expect(await exporter.get("/config")).not.toMatch(/token-of-(the-test|components)/);
    isDown = true;
    await waitUntil("the replicas to wait for the interpreter", async () => {
      const waiting = (await exporter.get("/metrics")).match(
        /^heartbeat_dependency_down\{.*depends_on="interpreter"\} 1$/gm,
      );
      return waiting?.length === 2 ? true : undefined;
    });
  },

  "follow-mode.ts": async () => {
    await using installed = await temporaryFolder();
    await installPackage(installed.path);
    const program = await installed.write("follow-mode.ts", read("follow-mode.ts"));
    await installed.write("package.json", '{ "type": "module" }');
    const lines = await linesOfFollower((url) => [process.execPath, program, url, "tiny"]);
    expect(lines).toEqual(["primary", "fallback (rule_based, confidence lower by 0.2)", "primary"]);
  },

  "follow-mode.sh": async () => {
    const lines = await linesOfFollower((url) => ["sh", `${folder}/follow-mode.sh`, url, "tiny"]);
    expect(lines).toEqual(["primary", "fallback", "primary"]);
  },

  plugin: async () => {
    expect(readdirSync(`${folder}/plugin`).toSorted()).toEqual(["exporter.yml", "redis.ts"]);
    await using redis = await serveTcp((socket) => {
      socket.on("data", (data) => void socket.write(String(data) === "PING\r\n" ? "+PONG\r\n" : "-ERR\r\n"));
    });
    const yaml = read("plugin/exporter.yml").replace("localhost:6379", redis.host);
    await using exporter = await startExporter({ yaml, files: { "redis.ts": read("plugin/redis.ts") } });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "probe_success", { target: "sessions", module: "redis_ping" })).toBe(1);
    expect(valueOf(text, "probe_redis_ping_duration_seconds", { target: "sessions" })).toBeGreaterThan(0);
    const unreachable = await exporter.get("/probe?module=redis_ping&target=127.0.0.1:1");
    expect(valueOf(unreachable, "probe_failure_reason", { reason: "connect" })).toBe(1);
    expect((await fetch(`${exporter.url}/probe?module=redis_ping&target=x`)).status).toBe(400);
  },

  "money.yml": async () => {
    await using run = runMain(["estimate", `--config.file=${folder}/money.yml`]);
    expect((await run.exited).code).toBe(0);
    expect(run.stdout()).toMatch(/^gpt +chat +gpt-4o-mini +\d+/m);
    // Nothing is sent to the internet.
    const yaml = read("money.yml").replaceAll(
      /https:\/\/api\.openai\.com|localhost:11434/g,
      "http://127.0.0.1:1",
    );
    await using exporter = await startExporter({ yaml: yaml.replaceAll("http://http://", "http://") });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_llm_budget_remaining_tokens", { target: "gpt" })).toBe(20_000);
    expect(valueOf(text, "heartbeat_llm_budget_remaining_dollars", { target: "gpt" })).toBe(2);
  },

  "relay.yml": async () => {
    await using receiver = await startReceiver();
    await using secrets = await temporaryFolder();
    for (const name of ["alertmanager", "webhook-key", "webhook-authorization", "datadog"])
      await secrets.write(name, `${name}-of-the-test`);
    await secrets.write("chat-url", `${receiver.url}/chat`);
    // Nothing is sent to the internet.
    const yaml = read("relay.yml")
      .replaceAll("/run/secrets", secrets.path)
      .replaceAll(/https:\/\/[a-z.]+/g, receiver.url);
    await using exporter = await startExporter({ yaml });
    await exporter.get("/ping/production-server");
    await using manager = await startAlertmanager({
      version: "bookworm",
      config: read("alertmanager-relay.yml")
        .replaceAll("http://localhost:8091", exporter.url)
        .replaceAll("/run/secrets", secrets.path),
    });
    const labels = { alertname: "HeartbeatMissed", kind: "machine", heartbeat: "production-server" };
    await manager.post([{ labels, annotations: { summary: "It is silent" } }]);
    await waitUntil("three events", () => receiver.arrived[2]);
    const bodies = new Map(receiver.arrived.map((one) => [one.path, one]));
    const machine = bodies.get("/hook/webhooks/machines");
    expect(JSON.parse(machine?.body ?? "")).toMatchObject({
      event: "machine.offline",
      machine: { id: 1, name: "production-server", hostname: "prod-01.example.com" },
    });
    expect(machine?.headers["authorization"]).toBe("webhook-authorization-of-the-test");
    const datadog = bodies.get("/hook/api/v1/events");
    expect(JSON.parse(datadog?.body ?? "")).toMatchObject({ title: "Firing: It is silent" });
    expect(datadog?.headers["dd-api-key"]).toBe("datadog-of-the-test");
    expect(JSON.parse(bodies.get("/hook/chat")?.body ?? "")).toEqual({
      text: "production-server is offline: It is silent",
    });
  },

  "notify.yml": async () => {
    await using receiver = await startReceiver(() => 200);
    await using mail = await smtpReceiver({ credentials: true });
    await using secrets = await temporaryFolder();
    for (const name of ["ntfy-token", "smtp", "telegram"]) await secrets.write(name, `${name}-of-the-test`);
    await secrets.write("ntfy-topic", `${receiver.url}/topic`);
    await secrets.write("pager-url", `${receiver.url}/pager`);
    const config = await secrets.write(
      "notify.yml",
      // Nothing is sent to the internet.
      read("notify.yml")
        .replaceAll("/run/secrets", secrets.path)
        .replaceAll(/https:\/\/(?:shop|wiki)\.example\.com/g, "http://127.0.0.1:1")
        .replace(
          "host: mail.example.com",
          `host: 127.0.0.1, port: ${mail.port}, encryption: tls`.replaceAll(", ", "\n      "),
        )
        .replace("repeat_every: 4h", "repeat_every: 4h\n    tls_config: { insecure_skip_verify: true }")
        .replace("chat: -1001234567890", `chat: -1001234567890, api_url: ${receiver.url}/telegram`),
    );
    await using command = runMain(["notify", "test", `--config.file=${config}`]);
    expect(await command.exited).toMatchObject({ code: 0 });
    expect(command.stdout().replaceAll(/: .*/g, "")).toBe(
      ["phone (ntfy)", "devops (email)", "family (telegram)", "pager (webhook)", ""].join("\n"),
    );
    const paths = receiver.arrived.map(({ path }) => path);
    expect(paths).toEqual(["/hook/", "/hook/telegram/bottelegram-of-the-test/sendMessage", "/hook/pager"]);
    expect(JSON.parse(receiver.arrived[2]?.body ?? "")).toMatchObject({
      summary: "🔵 Test of heartbeat-exporter",
    });
    expect(mail.received.map(({ to }) => to)).toEqual([["devops@example.com"]]);
    expect(command.output()).not.toContain("of-the-test");
    // Down from the start, so that each channel tells what concerns it.
    await using exporter = await startExporter({
      yaml: (await run(["cat", config])).stdout
        .replaceAll("interval: 30s", "interval: 5s, failure_threshold: 1")
        .replace("- name: phone", "- name: phone\n    group_wait: 0s"),
    });
    const told = await waitUntil("a message", () =>
      receiver.arrived.slice(3).find(({ path }) => path === "/hook/"),
    );
    expect(JSON.parse(told.body)).toMatchObject({ topic: "topic", title: "🔴 shop is down: connect" });
    expect(await exporter.get("/config")).not.toContain("of-the-test");
  },

  "alertmanager-relay.yml": () => checkAlertmanager("alertmanager-relay.yml"),

  "actions.yml": async () => {
    await using receiver = await startReceiver();
    await using secrets = await temporaryFolder();
    for (const name of ["alertmanager", "control"]) await secrets.write(name, `${name}-of-the-test`);
    const docker = createServer((request, response) => {
      restarted.push(request.url);
      response.writeHead(204).end();
    });
    const restarted: (string | undefined)[] = [];
    const socket = `${secrets.path}/docker.sock`;
    await new Promise<void>((resolve) => docker.listen(socket, resolve));
    const yaml = read("actions.yml")
      .replaceAll(
        /\/var\/run\/secrets\/kubernetes\.io\/serviceaccount\/ca\.crt/g,
        await secrets.write("ca.crt", makeCertificate({ names: ["DNS:a"] }).cert),
      )
      .replaceAll(
        "/var/run/secrets/kubernetes.io/serviceaccount/token",
        await secrets.write("token", "token-of-the-pod"),
      )
      .replaceAll("/run/secrets", secrets.path)
      .replace("/var/run/docker.sock", socket)
      .replace("/usr/bin/sudo, -n,", "/usr/bin/printf, '%s',")
      .replace("https://kubernetes.default.svc", receiver.url)
      .replace(/^    dry_run: true$/m, "    settle: 0s");
    await using exporter = await startExporter({ yaml });
    const labels = { alertname: "HeartbeatCriticalTargetDown", target: "interpreter" };
    for (const name of ["systemd", "docker", "kubernetes"]) {
      const answer = await fetch(`${exporter.url}/alertmanager/actions/${name}`, {
        method: "POST",
        headers: { Authorization: "Bearer alertmanager-of-the-test" },
        body: notification([{ labels }]),
      });
      expect(await answer.json()).toMatchObject({ accepted: ["interpreter"] });
    }
    const audit = await waitUntil("three attempts", async () => {
      const { audit: entries } = await exporter.json("/api/v1/actions");
      return Array.isArray(entries) && entries.length === 3 ? entries : undefined;
    });
    docker.close();
    for (const entry of audit) expect(entry).toMatchObject({ result: "success", attempt: 1 });
    const number = (audit as { action: string; number: number }[]).find(({ action }) => action === "systemd");
    const output = `/api/v1/actions/systemd/runs/${number?.number}/output`;
    expect(await exporter.get(output, { Authorization: "Bearer control-of-the-test" })).toBe(
      "/usr/bin/systemctlrestartinterpreter.service\n",
    );
    expect(restarted).toEqual(["/v1.41/containers/hackathon-interpreter-1/restart?t=10"]);
    const [patch] = receiver.arrived;
    expect(patch?.path).toBe("/hook/apis/apps/v1/namespaces/llm/deployments/interpreter");
    expect(patch?.headers["authorization"]).toBe("Bearer token-of-the-pod");
    expect(patch?.body).toMatch(/"kubectl\.kubernetes\.io\/restartedAt":"20/);
  },

  "alertmanager-actions.yml": () => checkAlertmanager("alertmanager-actions.yml"),

  "maintenance.yml": async () => {
    await using secrets = await temporaryFolder();
    const token = await secrets.write("control", "control-of-the-test");
    await using exporter = await startExporter({
      yaml: read("maintenance.yml").replace("/run/secrets/control", token),
    });
    const started = await fetch(`${exporter.url}/api/v1/maintenance?for=1h&target=search`, {
      method: "POST",
      headers: { Authorization: "Bearer control-of-the-test" },
    });
    expect([started.status, await started.json()]).toMatchObject([201, { targets: ["search"] }]);
    const { windows } = await exporter.json("/api/v1/maintenance");
    expect(windows).toMatchObject([{ name: "patch-night" }, { name: "backup" }, { name: "move" }]);
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_target_maintenance", { target: "search" })).toBe(1);
    expect(valueOf(text, "heartbeat_maintenance", { heartbeat: "production-server" })).toBeTypeOf("number");
  },

  "kubernaut-alerts.rules.yml": async () => {
    const rules = fileURLToPath(new URL("../rules/tests/kubernaut.test.yml", import.meta.url));
    for (const version of ["bookworm", "newest"] as const) {
      const { code, stdout } = await runTool("promtool", version, ["test", "rules", rules]);
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("SUCCESS") });
    }
    expect(readFileSync(rules, "utf8")).toContain("examples/kubernaut-alerts.rules.yml");
  },

  "prometheus.yml": async () => {
    await using config = await temporaryFolder();
    const file = await config.write("prometheus.yml", read("prometheus.yml"));
    for (const version of ["bookworm", "newest"] as const) {
      const { code, stdout, stderr } = await runTool("promtool", version, ["check", "config", file]);
      expect({ code, output: stdout + stderr }).toMatchObject({
        code: 0,
        output: expect.stringContaining("SUCCESS"),
      });
    }
  },

  "ecosystem-health.json": async () => {
    await using imported = runMain(["config", "import", `${folder}/ecosystem-health.json`]);
    expect((await imported.exited).code).toBe(0);
    await using exporter = await startExporter({
      yaml: imported.stdout().replaceAll("localhost:", "127.0.0.1:1/"),
      // The import says which variables it refers to.
      env: { HEARTBEAT_ACTIONS_PASSWORD: "password-of-the-test" },
    });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_failure_threshold", { target: "interpreter" })).toBe(5);
    expect(valueOf(text, "heartbeat_expected_duration_seconds", { target: "interpreter" })).toBe(2);
    expect(valueOf(text, "heartbeat_target_info", { target: "doc_store", critical: "true" })).toBe(1);
  },

  "web.yml": async () => {
    await using files = await temporaryFolder();
    const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1"] });
    const certificate = await files.write("server.crt", cert);
    await files.write("server.key", key);
    const web = await files.write(
      "web.yml",
      read("web.yml").replaceAll("/etc/heartbeat-exporter", files.path),
    );
    await using exporter = await startExporter({
      yaml: "modules: { http_2xx: { prober: http } }",
      args: [`--web.config.file=${web}`],
    });
    expect(exporter.url).toMatch(/^https:/);
    const remote = [`--url=${exporter.url}`, `--http.ca-file=${certificate}`];
    await using anonymous = runMain(["dashboard", ...remote]);
    expect((await anonymous.exited).code).toBe(1);
    expect(anonymous.stderr()).toContain("got status 401");
    const password = `--http.password-file=${await files.write("password", "change-me")}`;
    await using authorized = runMain(["dashboard", ...remote, "--http.username=prometheus", password]);
    expect((await authorized.exited).code).toBe(0);
  },

  "dns.yml": async () => {
    const { cert, key } = makeCertificate({ names: ["DNS:dns.example.com"] });
    const zone = [
      'local-zone: "example.com." static',
      'local-data: "example.com. 300 IN SOA ns1.example.com. admin.example.com. 7 7200 3600 1209600 300"',
      'local-data: "www.example.com. 300 IN A 192.0.2.10"',
      'local-data: "www.example.com. 300 IN AAAA 2001:db8::10"',
    ];
    await using server = await startUnbound(zone, { cert, key });
    await using folder = await temporaryFolder();
    const authority = await folder.write("ca.pem", cert);
    // Nothing is asked on the internet: every target is this server.
    const local = `127.0.0.1:${server.port}`;
    const yaml = read("dns.yml")
      .replaceAll(/target: (?:resolver|ns1)\.example\.com|target: 192\.0\.2\.53/g, `target: "${local}"`)
      .replace("[2001:db8::53]:5353", `[::1]:${server.port}`)
      .replace("target: dns.example.com", `target: "127.0.0.1:${server.tlsPort}"`)
      .replace(
        "dns_over_tls: true",
        `$&\n      tls_config: { ca_file: ${authority}, server_name: dns.example.com }`,
      );
    await using exporter = await startExporter({ yaml });
    const text = await exporter.get("/metrics");
    for (const target of ["resolver", "ns1", "ns2", "filter", "private-resolver"])
      expect([target, valueOf(text, "probe_success", { target })]).toEqual([target, 1]);
    expect(valueOf(text, "probe_dns_serial", { target: "ns2" })).toBe(7);
  },

  "values-from-bodies.yml": async () => {
    const bodies: Readonly<Record<string, string>> = {
      "/petrosa": JSON.stringify({
        components: {
          heartbeat: {
            enabled: true,
            is_running: true,
            interval_seconds: 60,
            heartbeat_count: 10,
            uptime_seconds: 600.0,
          },
        },
      }),
      "/syncer": JSON.stringify({
        Status: "Degraded",
        LatencyMs: 250,
        Components: { "websocket-connection": { Status: "Healthy" }, "sync-engine": { Status: "Degraded" } },
      }),
      "/legacy": "queue mail: 17 waiting\n",
    };
    await using server = await serveHttp((request, response) => {
      response.writeHead(200, { Age: "12" }).end(bodies[request.url ?? ""]);
    });
    await using exporter = await startExporter({ yaml: read("values-from-bodies.yml") });
    const own = async (module: string): Promise<string[]> => {
      const query = new URLSearchParams({ module, target: `http://${server.host}/${module}` }).toString();
      const { series } = parseExposition(await exporter.get(`/probe?${query}`));
      return series
        .filter(({ name }) => name.startsWith(module))
        .map(({ name, labels, value }) =>
          `${name} ${Object.values(labels).join(" ")} ${value}`.replace("  ", " "),
        );
    };
    expect(await own("petrosa")).toEqual([
      "petrosa_heartbeat_count 10",
      "petrosa_heartbeat_uptime_seconds 600",
      "petrosa_heartbeat_is_running 1",
    ]);
    expect(await own("syncer")).toEqual([
      "syncer_component_status websocket-connection Healthy 1",
      "syncer_component_status websocket-connection Degraded 0",
      "syncer_component_status websocket-connection Unhealthy 0",
      "syncer_component_status websocket-connection Unknown 0",
      "syncer_component_status sync-engine Healthy 0",
      "syncer_component_status sync-engine Degraded 1",
      "syncer_component_status sync-engine Unhealthy 0",
      "syncer_component_status sync-engine Unknown 0",
      "syncer_sync_latency_seconds 0.25",
    ]);
    const query = new URLSearchParams({ module: "syncer", target: `http://${server.host}/syncer` });
    const degraded = parseExposition(await exporter.get(`/probe?${query.toString()}`)).series.filter(
      ({ name }) => name === "probe_degraded_reason" || name === "probe_success",
    );
    expect(degraded.map(({ name, labels, value }) => [name, labels["reason"], value])).toEqual([
      ["probe_success", undefined, 1],
      ["probe_degraded_reason", "body_mismatch", 1],
    ]);
    expect(await own("legacy")).toEqual(["legacy_queue_length mail 17", "legacy_cache_age_seconds 12"]);
  },
};

/**
 * Runs a program that follows the mode of an LLM while the LLM fails and recovers, and returns the lines that it prints.
 * @param argv returns the program's command line for the URL of the exporter
 */
async function linesOfFollower(argv: (url: string) => readonly string[]): Promise<readonly string[]> {
  const standIn = createStandIn();
  let isDown = false;
  await using model = await serveHttp((request, response) => {
    if (isDown) response.writeHead(503).end();
    else standIn.emit("request", request, response);
  });
  const yaml = `
modules: { chat: { prober: llm, timeout: 2s, llm: { api: openai } } }
targets:
  - { name: tiny, module: chat, target: "http://${model.host}/v1", model: demo-model, interval: 2s, failure_threshold: 1, healthy_threshold: 1, failover: {} }
`;
  await using exporter = await startExporter({ yaml });
  // Before its first probe a target is unknown, which a program has to take for a fallback.
  await waitUntil("the first probe", async () => {
    const { status } = await exporter.json("/status");
    return status === "healthy" ? true : undefined;
  });
  await using program = start(argv(exporter.url), { cwd: `${folder}/..` });
  await program.waitForOutput(/^primary$/m);
  isDown = true;
  await program.waitForOutput(/^fallback.*$/m);
  isDown = false;
  await program.waitForOutput(/^primary\n[^]*^primary$/m);
  return program.stdout().trim().split("\n");
}

describe("examples", () => {
  it("all have a test", () => {
    // The folder compose holds the files that compose.yaml mounts.
    const files = readdirSync(folder).filter((name) => name !== "compose");
    expect(files.toSorted()).toEqual(Object.keys(TESTED).toSorted());
  });

  it.each(Object.keys(TESTED))("%s works", async (name) => {
    const test = TESTED[name];
    expect(test).toBeTypeOf("function");
    await test?.();
  });

  it.each([
    ["exporter.yml", "how-it-works.md"],
    ["prometheus.yml", "prometheus.md"],
  ])("appear unchanged in the documentation: %s", (name, page) => {
    const text = readFileSync(`${folder}/../docs/${page}`, "utf8");
    expect(text).toContain(read(name).replace(/^(?:#.*\n)+/, ""));
  });
});
