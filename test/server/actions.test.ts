import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { seconds } from "../../src/core/units.ts";
import { httpProber } from "../../src/probers/http/prober.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { notification, startReceiver } from "../notify/receiver.ts";
import { type SnapshotMemory, snapshotMemory } from "../notify/snapshot-memory.ts";

const TOKEN = "token-of-alertmanager";
const LABELS = { alertname: "Down", target: "web", service: "web.service" };

interface Options {
  /** More options of the action. */
  readonly action?: string;
  readonly cooldown?: string;
  readonly run?: string;
  readonly http?: string;
  readonly more?: string;
  readonly memory?: SnapshotMemory;
  readonly clock?: Clock;
}

/** A service that is down, and an exporter with an action to repair it. */
async function setup({
  action = "",
  cooldown = "0s",
  run,
  http,
  more = "",
  memory = snapshotMemory(),
  clock,
}: Options = {}) {
  await using resources = new AsyncDisposableStack();
  const service = { up: false };
  const server = resources.use(await serveHttp((_req, res) => res.writeHead(service.up ? 200 : 500).end()));
  const folder = resources.use(await temporaryFolder());
  const log = `${folder.path}/ran`;
  // Writes the arguments and environment of each call.
  const script = await folder.write(
    "repair.js",
    `const fs = require("node:fs");
     fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify([process.argv.slice(2), Object.keys(process.env).sort()]) + "\\n");`,
  );
  const work = http ?? `run: ${run ?? `[${process.execPath}, ${script}, restart, "{{service}}"]`}`;
  const yaml = `
control: { token_file: control }
modules: { http_2xx: { prober: http, timeout: 2s } }
targets: [{ name: web, module: http_2xx, target: "http://${server.host}/" }]
${more}
actions:
  - name: restart
    token_file: token
    match: { alertname: { regex: "Down|Broken" } }
    settle: 0s
    cooldown: ${cooldown}
    ${action}
    ${work}
`;
  const exporter = resources.use(
    await startLocalExporter({
      yaml,
      files: { token: TOKEN, control: "control" },
      probers: [httpProber as never],
      memory,
      ...(clock === undefined ? {} : { clock }),
    }),
  );
  const owned = resources.move();
  return {
    exporter,
    service,
    memory,
    script,
    /** Arguments and environment of each call so far. */
    ran: (): readonly (readonly [string[], string[]])[] => {
      try {
        const lines = readFileSync(log, "utf8").trim().split("\n");
        return lines.map((line) => JSON.parse(line) as [string[], string[]]);
      } catch {
        return [];
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type World = Awaited<ReturnType<typeof setup>>;

const post = async (
  { url }: LocalExporter,
  alerts: Parameters<typeof notification>[0] = [{ labels: LABELS }],
): Promise<unknown> => {
  const answer = await fetch(`${url}/alertmanager/actions/restart`, {
    method: "POST",
    body: notification(alerts),
    headers: { Authorization: `Bearer ${TOKEN}` },
  });
  return { status: answer.status, ...((await answer.json()) as object) };
};

interface Shown {
  readonly actions: readonly {
    readonly targets: readonly Readonly<Record<string, unknown>>[];
    readonly attempts: Readonly<Record<string, number>>;
  }[];
  readonly audit: readonly Readonly<Record<string, unknown>>[];
}
const shown = async ({ exporter }: World): Promise<Shown> =>
  (await (await fetch(`${exporter.url}/api/v1/actions`)).json()) as Shown;

/** Waits until no attempt is running. */
const idle = (world: World): Promise<Shown> =>
  waitUntil("the action to end", async () => {
    const state = await shown(world);
    return state.actions[0]?.targets.every(({ running }) => running === false) === true ? state : undefined;
  });

const ACCEPTED = { status: 202, accepted: ["web"], refused: [], ignored: 0 };
const refusedFor = (reason: string) => ({
  status: 200,
  accepted: [],
  refused: [{ target: "web", reason }],
  ignored: 0,
});

describe("an action", () => {
  test("runs a program without a shell, in a clean environment, and audits the outcome", async () => {
    await using world = await setup();
    expect(await post(world.exporter)).toEqual(ACCEPTED);
    const { audit } = await idle(world);
    expect(world.ran()).toEqual([[["restart", "web.service"], ["PATH"]]]);
    expect(audit).toMatchObject([
      {
        action: "restart",
        target: "web",
        result: "success",
        detail: "exit code 0",
        attempt: 1,
        helped: false,
      },
    ]);
  });

  test("counts the alerts that Alertmanager left out", async () => {
    await using world = await setup();
    const { url, logged } = world.exporter;
    const left = notification([]).replace('"truncatedAlerts":0', '"truncatedAlerts":41');
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${url}/alertmanager/actions/restart`, {
      method: "POST",
      body: left,
      headers,
    });
    expect(answer.status).toBe(200);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(valueOf(metrics, "heartbeat_action_truncated_alerts_total", { action: "restart" })).toBe(41);
    expect(JSON.stringify(logged)).toContain("left out alerts because of max_alerts");
  });

  test.each([
    ["configured", "of the configuration take precedence over those of the alert", "configured.service"],
    ["registered", "that a heartbeat brought itself choose nothing", "alert.service"],
  ])("of a %s heartbeat: labels %s", async (name, _what, service) => {
    await using world = await setup({
      more: `
heartbeats: [{ name: configured, labels: { service: configured.service } }]
heartbeat_registration: { token: registration }`,
    });
    const ping = `${world.exporter.url}/ping/${name}/fail?labels.service=brought.service`;
    expect((await fetch(ping, { headers: { Authorization: "Bearer registration" } })).status).toBe(200);
    const labels = { alertname: "Down", target: name, service: "alert.service" };
    await post(world.exporter, [{ labels }]);
    await idle(world);
    expect(world.ran().map(([given]) => given)).toEqual([["restart", service]]);
  });

  test("does not run for a target that has recovered", async () => {
    await using world = await setup();
    world.service.up = true;
    expect(await post(world.exporter)).toEqual(ACCEPTED);
    expect((await idle(world)).audit).toMatchObject([{ result: "refused", detail: "recovered" }]);
    expect(world.ran()).toEqual([]);
  });

  test("is exhausted after three attempts, until it is reset", async () => {
    await using world = await setup();
    for (const attempts of [1, 2, 3]) {
      expect(await post(world.exporter)).toEqual(ACCEPTED);
      expect((await idle(world)).actions[0]?.targets[0]).toMatchObject({
        attempts,
        exhausted: attempts === 3,
      });
    }
    expect(await post(world.exporter)).toEqual(refusedFor("exhausted"));
    const metrics = await (await fetch(`${world.exporter.url}/metrics`)).text();
    const about = { action: "restart", target: "web" };
    expect(valueOf(metrics, "heartbeat_action_exhausted", about)).toBe(1);
    const attempts = (result: string) =>
      valueOf(metrics, "heartbeat_action_attempts_total", { action: "restart", result });
    expect([attempts("success"), attempts("refused")]).toEqual([3, 1]);
    // A resolved alert ends the exhaustion, but does not reset the count.
    await post(world.exporter, [{ status: "resolved", labels: LABELS }]);
    expect((await shown(world)).actions[0]?.targets[0]).toMatchObject({ attempts: 3, exhausted: false });
    expect(await post(world.exporter)).toEqual(refusedFor("exhausted"));
    expect(world.ran()).toHaveLength(3);

    const reset = await fetch(`${world.exporter.url}/api/v1/actions/restart/reset?target=web`, {
      method: "POST",
      headers: { Authorization: "Bearer control" },
    });
    expect(await reset.json()).toEqual({ reset: 1 });
    expect(await post(world.exporter)).toEqual(ACCEPTED);
    await idle(world);
  });

  test("runs once for simultaneous alerts", async () => {
    await using world = await setup();
    const twice = { labels: { ...LABELS, alertname: "Broken" }, fingerprint: "ff" };
    const [both, other] = await Promise.all([
      post(world.exporter, [{ labels: LABELS }, twice]),
      post(world.exporter),
    ]);
    expect([both, other]).toEqual([
      { ...ACCEPTED, refused: [{ target: "web", reason: "running" }] },
      refusedFor("running"),
    ]);
    await idle(world);
    expect(world.ran()).toHaveLength(1);
  });

  test("refuses alerts during its cooldown", async () => {
    await using world = await setup({ cooldown: "1h" });
    expect(await post(world.exporter)).toEqual(ACCEPTED);
    await idle(world);
    expect(await post(world.exporter)).toEqual(refusedFor("cooldown"));
    expect(world.ran()).toHaveLength(1);
  });

  test("counts against the limit of all actions per hour", async () => {
    await using world = await setup({ more: "limits: { actions_per_hour: 2 }" });
    for (let i = 0; i < 3; i += 1) {
      await post(world.exporter);
      await idle(world);
    }
    expect((await shown(world)).audit[0]).toMatchObject({ result: "refused", detail: "rate_limited" });
    expect(world.ran()).toHaveLength(2);
  });

  test("audits a dry run without running", async () => {
    await using world = await setup({ action: "dry_run: true" });
    await post(world.exporter);
    const { audit, actions } = await idle(world);
    expect(audit).toMatchObject([{ result: "dry_run" }]);
    expect(actions[0]?.targets[0]).toMatchObject({ attempts: 0 });
    expect(world.ran()).toEqual([]);
  });

  test("does not run during maintenance", async () => {
    const more = `maintenance: [{ name: now, targets: [web], once: { from: 2020-01-01T00:00:00Z, to: 2100-01-01T00:00:00Z } }]`;
    await using world = await setup({ more });
    await post(world.exporter);
    expect((await idle(world)).audit).toMatchObject([{ result: "refused", detail: "maintenance" }]);
    expect(world.ran()).toEqual([]);
  });

  test("refuses an unknown target if verification is required", async () => {
    await using world = await setup({ action: "verify: required" });
    await post(world.exporter, [{ labels: { ...LABELS, target: "other" } }]);
    expect((await idle(world)).audit).toMatchObject([{ result: "refused", detail: "unknown_target" }]);
  });

  test.each([
    "; rm -rf /",
    "$(id)",
    "../../etc/passwd",
    "-rf",
    "--root=/",
    "a b",
    "a\nb",
    "a\u0000b",
    "a\u202e",
    "\ud800",
    "..",
    "",
    "x".repeat(129),
  ])("refuses the label %j as an argument", async (service) => {
    await using world = await setup();
    expect(await post(world.exporter, [{ labels: { ...LABELS, service } }])).toEqual(
      refusedFor("bad_argument"),
    );
    expect(world.ran()).toEqual([]);
  });

  test("refuses options and several lines as arguments, whatever the pattern", async () => {
    await using world = await setup({ action: 'arguments: { service: "(?s).*" }' });
    for (const service of ["-h", "a\nb", ".."]) {
      expect(await post(world.exporter, [{ labels: { ...LABELS, service } }])).toEqual(
        refusedFor("bad_argument"),
      );
    }
    expect(await post(world.exporter, [{ labels: { ...LABELS, service: "; rm -rf / $(id)" } }])).toEqual(
      ACCEPTED,
    );
    await idle(world);
    expect(world.ran()).toEqual([[["restart", "; rm -rf / $(id)"], ["PATH"]]]);
  });

  test("ignores alerts that do not match, and refuses those without a target", async () => {
    await using world = await setup();
    const alerts = [
      { labels: { ...LABELS, alertname: "Downtown" } },
      { labels: { alertname: "Down", service: "a" } },
    ];
    expect(await post(world.exporter, alerts)).toEqual({
      status: 200,
      accepted: [],
      refused: [{ target: "", reason: "no_target" }],
      ignored: 1,
    });
  });

  test("kills a program that exceeds its timeout", async () => {
    await using world = await setup({
      action: "timeout: 1s",
      run: `[/bin/sleep, "600"]`,
    });
    await post(world.exporter);
    const { audit } = await idle(world);
    expect(audit).toMatchObject([{ result: "timeout", detail: "timed out after 1s" }]);
  });

  test("audits why a program failed, and shows its output only with the control token", async () => {
    await using world = await setup({ run: `[/bin/ls, /nowhere-at-all]` });
    await post(world.exporter);
    const { audit } = await idle(world);
    expect(audit).toMatchObject([{ result: "failure", detail: "exit code 2", number: 1 }]);
    expect(JSON.stringify(audit)).not.toContain("nowhere");
    const output = `${world.exporter.url}/api/v1/actions/restart/runs/1/output`;
    expect((await fetch(output)).status).toBe(401);
    const headers = { Authorization: "Bearer control" };
    expect(await (await fetch(output, { headers })).text()).toContain("nowhere-at-all");
    await using missing = await setup({ run: `[/nowhere/at/all]` });
    await post(missing.exporter);
    expect((await idle(missing)).audit).toMatchObject([{ detail: "cannot be started: ENOENT" }]);
  });

  test("refuses a notification without its token", async () => {
    await using world = await setup();
    const answer = await fetch(`${world.exporter.url}/alertmanager/actions/restart`, {
      method: "POST",
      body: notification([{ labels: LABELS }]),
    });
    expect(answer.status).toBe(401);
    expect((await shown(world)).audit).toEqual([]);
  });
});

describe("an action by HTTP", () => {
  test("escapes labels in the path and body", async () => {
    await using receiver = await startReceiver(() => 200);
    const http = `http:
      method: PATCH
      url: "${receiver.url}/{{namespace}}/x/{{service}}?a=b"
      headers: { Content-Type: application/strategic-merge-patch+json, Authorization: Bearer secret-of-the-cluster }
      body: { at: "{{now}}", text: "of {{service}}" }
    arguments: { namespace: ".*", service: ".*" }`;
    await using world = await setup({ http });
    const labels = { ...LABELS, namespace: "a/../b?c#d", service: '"},{' };
    expect(await post(world.exporter, [{ labels }])).toEqual(ACCEPTED);
    const { audit } = await idle(world);
    const [request] = receiver.arrived;
    expect(request?.path).toBe("/hook/a%2F..%2Fb%3Fc%23d/x/%22%7D%2C%7B?a=b");
    expect(request?.headers["content-type"]).toBe("application/strategic-merge-patch+json");
    expect(JSON.parse(request?.body ?? "")).toEqual({
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      text: 'of "},{',
    });
    expect(audit).toMatchObject([{ result: "success", detail: "status 200" }]);
    expect(JSON.stringify([audit, world.exporter.logged])).not.toContain("secret-of-the-cluster");
  });

  test("shows the token of a file, as the kubelet projects and rotates it", async () => {
    await using receiver = await startReceiver(() => 200);
    await using folder = await temporaryFolder();
    await folder.write("token", "first-token-of-the-pod");
    const http = `http: { url: "${receiver.url}/", bearer_token_file: "${folder.path}/token" }`;
    await using world = await setup({ http });
    await post(world.exporter);
    await idle(world);
    await folder.write("token", "second-token-of-the-pod");
    await waitUntil("the second request", async () => {
      await post(world.exporter);
      return receiver.arrived[1];
    });
    expect(receiver.arrived.map(({ headers }) => headers["authorization"])).toEqual([
      "Bearer first-token-of-the-pod",
      "Bearer second-token-of-the-pod",
    ]);
    expect(JSON.stringify([await shown(world), world.exporter.logged])).not.toContain("token-of-the-pod");
  });

  test("sends its request through a Unix socket, as for Docker", async () => {
    await using folder = await temporaryFolder();
    const paths: string[] = [];
    const docker = createServer((req, res) => {
      paths.push(`${req.method} ${req.url} ${req.headers.host}`);
      res.writeHead(204).end();
    });
    const socket = `${folder.path}/docker.sock`;
    await new Promise<void>((resolve) => docker.listen(socket, resolve));
    const http = `http: { url: "http://localhost/v1.43/containers/{{service}}/restart?t=5", unix_socket: ${socket} }`;
    await using world = await setup({ http });
    await post(world.exporter);
    expect((await idle(world)).audit).toMatchObject([{ result: "success", detail: "status 204" }]);
    expect(paths).toEqual(["POST /v1.43/containers/web.service/restart?t=5 localhost"]);
    docker.close();
  });

  test("fails on an error status, a timeout or a refused connection", async () => {
    await using receiver = await startReceiver(({ path }) => (path.endsWith("hang") ? "hang" : 503));
    const ends = async (url: string): Promise<unknown> => {
      await using world = await setup({ http: `http: { url: "${url}" }`, action: "timeout: 1s" });
      await post(world.exporter);
      return (await idle(world)).audit[0];
    };
    expect(await ends(receiver.url)).toMatchObject({ result: "failure", detail: "status 503" });
    expect(await ends(`${receiver.url}/hang`)).toMatchObject({ result: "timeout" });
    expect(await ends("http://127.0.0.1:1/")).toMatchObject({ result: "failure", detail: "ECONNREFUSED" });
  });
});

describe("a restart of the exporter", () => {
  test("counts an interrupted attempt and does not repeat it", async () => {
    await using first = await setup({ run: `[/bin/sleep, "600"]` });
    await post(first.exporter);
    await waitUntil("the attempt", async () =>
      (await shown(first)).actions[0]?.targets[0]?.["attempts"] === 1 ? true : undefined,
    );
    const memory = first.memory.snapshot();
    await using second = await setup({ memory });
    const { audit, actions } = await idle(second);
    expect(audit).toMatchObject([{ result: "failure", detail: "interrupted by a restart", attempt: 1 }]);
    expect(actions[0]?.targets[0]).toMatchObject({ attempts: 1 });
    expect(second.ran()).toEqual([]);
    for (let i = 0; i < 3; i += 1) {
      await post(second.exporter);
      await idle(second);
    }
    expect(second.ran()).toHaveLength(2);
  });

  test("runs an attempt that was accepted but not started", async () => {
    const memory = snapshotMemory();
    memory.namespace("actions").put('["restart","web"]', {
      count: 1,
      firingAt: systemClock.now(),
      exhausted: false,
      pending: { since: systemClock.now() - seconds(5), labels: { service: "web.service" } },
    });
    await using second = await setup({ memory });
    expect((await idle(second)).actions[0]?.targets[0]).toMatchObject({ attempts: 2 });
    expect(second.ran()).toHaveLength(1);
  });

  test("refuses an attempt that was accepted long ago as stale", async () => {
    const memory = snapshotMemory();
    memory.namespace("actions").put('["restart","web"]', {
      count: 0,
      firingAt: 0,
      exhausted: false,
      pending: { since: systemClock.now() - 3600, labels: { service: "web.service" } },
    });
    await using world = await setup({ memory });
    expect((await idle(world)).audit).toMatchObject([{ result: "refused", detail: "stale" }]);
    expect(world.ran()).toEqual([]);
  });

  test("does not start an attempt that cannot be stored", async () => {
    await using world = await setup();
    world.memory.breakDown();
    expect(await post(world.exporter)).toMatchObject({ status: 503 });
    world.memory.repair();
    expect(await post(world.exporter)).toEqual(ACCEPTED);
    await idle(world);
    expect(world.ran()).toHaveLength(1);
  });
});
