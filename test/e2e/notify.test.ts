import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { runMain, startExporter, startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { startKubernetes } from "../helpers/kubernetes.ts";
import { waitUntil } from "../helpers/process.ts";
import { settle } from "../helpers/stand-in-prober.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

interface Chat extends AsyncDisposable {
  readonly host: string;
  readonly arrived: { readonly path: string; readonly title: string }[];
  status: number;
}

/** A service that takes messages of any preset and repeats what it was sent. */
async function serveChat(): Promise<Chat> {
  const chat = { arrived: [] as Chat["arrived"], status: 200 };
  const server = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = JSON.parse(text) as { text?: string; title?: string };
    chat.arrived.push({ path: request.url ?? "", title: body.title ?? body.text ?? "" });
    response.writeHead(chat.status).end(`${request.url} ${JSON.stringify(request.headers)} ${text}`);
  });
  return Object.assign(chat, {
    host: server.host,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}

describe("channels", () => {
  it("deliver what was decided before a kill -9 once after the start, and show no secret", async () => {
    let status = 200;
    await using target = await serveHttp((_request, response) => void response.writeHead(status).end());
    await using chat = await serveChat();
    await using folder = await temporaryFolder();
    const token = await folder.write("token", "secret-in-the-file\n");
    const yaml = `
modules: { web: { prober: http, timeout: 1s } }
targets: [{ name: web, module: web, target: "http://${target.host}", interval: 1s, schedule: interval, failure_threshold: 1, healthy_threshold: 1 }]
notify:
  - { name: phone, ntfy: { url: "http://${chat.host}/secret-topic", token_file: ${token} }, group_wait: 0s, group_interval: 0s }
  - { name: team, slack: { url: "http://${chat.host}/services/secret-hook" }, group_wait: 0s, when: { severity: [critical], subjects: [web], events: [certificate_expired] } }
`;
    const args = [`--storage.path=${join(folder.path, "store")}`];
    chat.status = 503;
    {
      await using exporter = await startExporter({ yaml, args });
      await waitUntil("the first result", async () =>
        (await exporter.get("/metrics")).includes('heartbeat_target_healthy{module="web",target="web"} 1') ||
        (await exporter.get("/metrics")).includes('heartbeat_target_healthy{target="web",module="web"} 1')
          ? true
          : undefined,
      );
      status = 500;
      await waitUntil("an attempt", () => chat.arrived.length > 0 || undefined);
      const seen = await waitUntil("its response", async () => {
        const text = JSON.stringify(await exporter.json("/api/v1/notify"));
        return text.includes("got status 503") ? text : undefined;
      });
      const shown = `${seen}${await exporter.get("/metrics")}${await exporter.get("/config")}${exporter.process.output()}`;
      expect(shown).not.toMatch(/secret-(?:topic|in-the-file|hook)/);
      expect(JSON.parse(seen)).toMatchObject({
        channels: [
          {
            name: "phone",
            preset: "ntfy",
            queue: [{ subjects: "web", events: "down", last_response: { status: 503 } }],
          },
          { name: "team", preset: "slack", queue: [] },
        ],
      });
      exporter.process.kill("SIGKILL");
      await exporter.process.exited;
    }
    chat.status = 200;
    const before = chat.arrived.length;
    await using exporter = await startExporter({ yaml, args });
    await waitUntil("the delivery", async () =>
      valueOf(await exporter.get("/metrics"), "heartbeat_notify_deliveries_total", {
        channel: "phone",
        result: "delivered",
      }) === 1
        ? true
        : undefined,
    );
    status = 200;
    await waitUntil("the end", () => chat.arrived.length === before + 2 || undefined);
    expect(chat.arrived.slice(before).map(({ title }) => title)).toEqual([
      "🟠 web is down: http_status",
      expect.stringMatching(/^🟢 web is up again after .* \(it was down, http_status\)$/),
    ]);
    const metrics = await exporter.get("/metrics");
    expect(valueOf(metrics, "heartbeat_notify_queue_length", { channel: "phone" })).toBe(0);
    expect(valueOf(metrics, "heartbeat_notify_dead_letters", { channel: "phone" })).toBe(0);
  });

  it("keep what a service refuses as dead letters, which can be sent again", async () => {
    await using chat = await serveChat();
    chat.status = 400;
    const yaml = `
control: { token_file: token }
heartbeats: [{ name: nas, timeout: 1s }]
notify: [{ name: phone, gotify: { url: "http://${chat.host}", token: secret-token }, group_wait: 0s }]
`;
    await using exporter = await startExporter({ yaml, files: { token: "control" } });
    await exporter.get("/ping/nas");
    const letters = async (): Promise<readonly unknown[]> => {
      const { channels } = (await exporter.json("/api/v1/notify")) as {
        channels: { dead_letters: unknown[] }[];
      };
      return channels[0]?.dead_letters ?? [];
    };
    const [letter] = await waitUntil("a dead letter", async () => {
      const dead = await letters();
      return dead.length === 1 ? dead : undefined;
    });
    expect(letter).toMatchObject({ subjects: "nas", events: "missed", last_error: "got status 400" });
    expect(JSON.stringify(letter)).not.toContain("secret-token");
    expect(
      valueOf(await exporter.get("/metrics"), "heartbeat_notify_dead_letters", { channel: "phone" }),
    ).toBe(1);
    chat.status = 200;
    const headers = { Authorization: "Bearer control" };
    const replayed = await fetch(`${exporter.url}/api/v1/notify/phone/replay`, { method: "POST", headers });
    expect([replayed.status, await replayed.json()]).toEqual([200, { replayed: 1 }]);
    await waitUntil("the message", () => chat.arrived.length === 2 || undefined);
    expect(await letters()).toEqual([]);
    const unknown = await fetch(`${exporter.url}/api/v1/notify/nobody/replay`, { method: "POST", headers });
    expect([unknown.status, await unknown.text()]).toEqual([
      404,
      expect.stringContaining("want the name of a configured channel"),
    ]);
  });

  it("of a replica that does not lead send nothing until it leads", async () => {
    await using api = await startKubernetes();
    await using chat = await serveChat();
    const clock = manualClock();
    const lease = {
      holderIdentity: "other",
      leaseDurationSeconds: 30,
      acquireTime: "2025-09-15T13:29:59.000000Z",
      renewTime: "2025-09-15T13:29:59.000000Z",
      leaseTransitions: 1,
    };
    api.put("monitoring/heartbeat-exporter", lease);
    await using exporter = await startLocalExporter({
      yaml: `
lease: { kubeconfig: kube.json, identity: me }
heartbeats: [{ name: old, timeout: 10s }, { name: fresh, timeout: 1d }]
notify: [{ name: phone, gotify: { url: "http://${chat.host}", token: secret-token } }]
`,
      files: { "kube.json": api.kubeconfig({ namespace: "monitoring" }) },
      probers: [],
      clock,
    });
    const logged = (text: string): boolean => exporter.logged.some(({ message }) => message.includes(text));
    await waitUntil(
      "the other leader",
      () => logged("another replica leads") || api.requests.length > 1 || undefined,
    );
    await fetch(`${exporter.url}/ping/old`);
    await fetch(`${exporter.url}/ping/fresh`);
    for (let second = 0; second < 200; second++) {
      clock.advance(seconds(1));
      await settle();
      // The other replica renews, as this one sees.
      if (second % 5 === 0 && second < 180) {
        api.put("monitoring/heartbeat-exporter", {
          ...lease,
          renewTime: `2025-09-15T13:${30 + Math.floor(second / 60)}:${String(second % 60).padStart(2, "0")}.000000Z`,
        });
        // A round trip, in which its requests to the cluster are answered.
        await (await fetch(`${exporter.url}/metrics`)).text();
      }
    }
    expect(chat.arrived).toEqual([]);
    await fetch(`${exporter.url}/ping/fresh/fail`);
    await waitUntil("leadership and the message", async () => {
      clock.advance(seconds(1));
      await settle();
      return chat.arrived.length > 0 || undefined;
    });
    expect(chat.arrived.map(({ title }) => title)).toEqual([
      expect.stringMatching(/^🟠 \w+ fresh reported a failure$/),
    ]);
  });
});

describe("heartbeat-exporter notify test", () => {
  const run = async (yaml: string, ...args: readonly string[]) => {
    await using folder = await temporaryFolder();
    const file = await folder.write("exporter.yml", yaml);
    await using main = runMain(["notify", "test", ...args, `--config.file=${file}`]);
    const { code } = await main.exited;
    return { code, stdout: main.stdout(), stderr: main.stderr().replaceAll(`${folder.path}/`, "") };
  };

  it("sends to one channel or to all, and says what came back without secrets", async () => {
    await using chat = await serveChat();
    const yaml = `
modules: { web: { prober: http } }
notify:
  - { name: phone, ntfy: { url: "http://${chat.host}/secret-topic", token: secret-token } }
  - { name: gone, slack: { url: "http://127.0.0.1:1/secret-hook" } }
`;
    const phone = await run(yaml, "phone");
    expect(phone).toMatchObject({ code: 0, stderr: "" });
    expect(phone.stdout).toMatch(/^phone \(ntfy\): delivered: status 200: .*Test of heartbeat-exporter/);
    expect(phone.stdout).not.toMatch(/secret-(?:topic|token)/);
    const all = await run(yaml);
    expect(all.code).toBe(1);
    expect(all.stdout).toContain("gone (slack): not delivered: ECONNREFUSED\n");
    chat.status = 403;
    const refused = await run(yaml, "phone");
    expect(refused).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^phone \(ntfy\): not delivered: status 403: /) as string,
    });
    expect(chat.arrived).toHaveLength(3);
  });

  it("exits with 2 for wrong use", async () => {
    const yaml = `
modules: { web: { prober: http } }
notify: [{ name: phone, slack: { url: "http://127.0.0.1:1/" } }]
`;
    expect(await run(yaml, "fone")).toMatchObject({
      code: 2,
      stderr: 'channel: got "fone", want one of phone\n',
    });
    expect(await run("modules: { web: { prober: http } }")).toMatchObject({
      code: 2,
      stderr: "there is no channel: set notify in the configuration\n",
    });
    expect((await run(yaml, "a", "b")).code).toBe(2);
    expect((await run("notify: [{ name: phone }]")).code).toBe(2);
  });
});
