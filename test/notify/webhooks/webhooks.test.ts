import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ExporterProcess, startExporter } from "../../helpers/exporter.ts";
import { valueOf } from "../../helpers/exposition.ts";
import { serveHttp, type TestServer } from "../../helpers/http-targets.ts";
import { run, waitUntil } from "../../helpers/process.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const KEY = "key-of-the-test";

interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a receiver responds: a status, with or without headers, no response at all, or a closed connection. */
type Reply =
  | number
  | { readonly status: number; readonly headers: Record<string, string> }
  | "hang"
  | "close";

interface Receiver extends TestServer {
  /** All requests, whatever the reply. */
  readonly received: readonly Delivery[];
  /** The requests replied to with 2xx, in order. */
  readonly accepted: readonly Delivery[];
  /** The next replies. */
  replies: Reply[];
  /** The reply when `replies` is empty. */
  usual: Reply;
}

async function serveReceiver(): Promise<Receiver> {
  const received: Delivery[] = [];
  const accepted: Delivery[] = [];
  const receiver = { replies: [] as Reply[], usual: 200 as Reply };
  const reply = (response: ServerResponse, delivery: Delivery): void => {
    const next = receiver.replies.shift() ?? receiver.usual;
    if (next === "hang") return;
    if (next === "close") return void response.destroy();
    const { status, headers } = typeof next === "number" ? { status: next, headers: {} } : next;
    if (status < 300) accepted.push(delivery);
    response.writeHead(status, headers).end("x".repeat(100_000));
  };
  const server = await serveHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const delivery = {
        path: request.url ?? "",
        headers: request.headers,
        text,
        body: JSON.parse(text) as Record<string, unknown>,
      };
      received.push(delivery);
      reply(response, delivery);
    });
  });
  return Object.assign(receiver, server, { received, accepted });
}

/** Runs a test with an exporter that has a webhook and a target that can be switched off. */
async function withWebhook(
  webhook: string,
  test: (parts: {
    exporter: ExporterProcess;
    receiver: Receiver;
    flip: (up: boolean) => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  let status = 200;
  await using target = await serveHttp((_request, response) => void response.writeHead(status).end());
  await using receiver = await serveReceiver();
  const yaml = `
modules: { web: { prober: http, timeout: 1s } }
targets:
  - { name: web, module: web, target: "http://${target.host}", interval: 1s, failure_threshold: 1, healthy_threshold: 1, failover: {} }
webhooks:
  - { name: app, url: "http://${receiver.host}/hook?token=token-in-the-url", ${webhook} }
`;
  await using exporter = await startExporter({ yaml, files: { key: KEY, previous: "older-key" } });
  await test({
    exporter,
    receiver,
    async flip(up) {
      status = up ? 200 : 503;
      const mode = up ? "primary" : "fallback";
      await waitUntil(mode, async () =>
        (await exporter.json("/config/mode"))["current_mode"] === mode ? true : undefined,
      );
    },
  });
}

const hmac = async (key: string, text: string, form: "hex" | "base64"): Promise<string> => {
  const { stdout } = await run(
    [
      "sh",
      "-c",
      `openssl dgst -sha256 -hmac "$0" -binary | ${form === "hex" ? "xxd -p -c 64" : "base64"}`,
      key,
    ],
    { input: text },
  );
  return stdout.trim();
};

describe("webhooks", () => {
  it("get the events they ask for, signed and with their own headers", async () => {
    await withWebhook(
      `events: [mode, status], targets: [web], secret_file: key, previous_secret_file: previous, headers: { X-Api-Key: header-of-the-test }`,
      async ({ exporter, receiver, flip }) => {
        await flip(false);
        const last = (): Delivery | undefined =>
          receiver.accepted.at(-1)?.body["to"] === "unhealthy" ? receiver.accepted.at(-1) : undefined;
        const status = await waitUntil("both events", last);
        const mode = receiver.accepted.at(-2);
        expect(mode?.body).toMatchObject({
          type: "mode",
          target: "web",
          from: "primary",
          to: "fallback",
          cause: "threshold",
          current_mode: "fallback",
          in_fallback_mode: true,
          failover: { mode: "rule_based", confidence_reduction: 0.2 },
        });
        expect(status.body).toMatchObject({ type: "status", to: "unhealthy", cause: "http_status" });
        const { headers = {}, text = "", body } = mode ?? {};
        expect(headers).toMatchObject({
          "content-type": "application/json",
          "x-api-key": "header-of-the-test",
          "webhook-id": String(body?.["id"]),
          "x-webhook-signature": `sha256=${await hmac(KEY, text, "hex")}`,
          "x-webhook-signature-previous": `sha256=${await hmac("older-key", text, "hex")}`,
        });
        expect(headers["user-agent"]).toMatch(/^heartbeat-exporter\/\d/);
        const signed = [headers["webhook-id"], headers["webhook-timestamp"], text].join(".");
        expect(headers["webhook-signature"]).toContain(`v1,${await hmac(KEY, signed, "base64")}`);
        const metrics = await exporter.get("/metrics");
        expect(
          valueOf(metrics, "heartbeat_webhook_deliveries_total", { webhook: "app", result: "delivered" }),
        ).toBe(receiver.accepted.length);
        expect(valueOf(metrics, "heartbeat_webhook_queue_length", { webhook: "app" })).toBe(0);
        const shown = `${await exporter.get("/config")}${metrics}${exporter.process.output()}`;
        for (const secret of [KEY, "older-key", "header-of-the-test", "token-in-the-url"])
          expect(shown).not.toContain(secret);
      },
    );
  });

  it("get retries until they accept, in order, each event with its own id", async () => {
    await withWebhook(`events: [mode], timeout: 300ms`, async ({ exporter, receiver, flip }) => {
      receiver.replies = [
        { status: 302, headers: { Location: "/elsewhere" } },
        "hang",
        { status: 429, headers: { "Retry-After": "1" } },
      ];
      await flip(false);
      await flip(true);
      await flip(false);
      await waitUntil("three events", () => receiver.accepted.length === 3 || undefined);
      expect(receiver.accepted.map(({ body }) => body["to"])).toEqual(["fallback", "primary", "fallback"]);
      expect(new Set(receiver.received.slice(0, 4).map(({ body }) => body["id"])).size).toBe(1);
      const metrics = await exporter.get("/metrics");
      expect(valueOf(metrics, "heartbeat_webhook_deliveries_total", { result: "retried" })).toBe(3);
      expect(valueOf(metrics, "heartbeat_webhook_deliveries_total", { result: "dropped" })).toBe(0);
      expect(exporter.process.output()).not.toContain("token-in-the-url");
    });
  });

  it("that refuse an event get the next one", async () => {
    await withWebhook(`events: [mode]`, async ({ exporter, receiver, flip }) => {
      receiver.replies = [400];
      await flip(false);
      await flip(true);
      await waitUntil("the second event", () => receiver.accepted.length === 1 || undefined);
      expect(receiver.accepted[0]?.body["to"]).toBe("primary");
      const metrics = await exporter.get("/metrics");
      expect(valueOf(metrics, "heartbeat_webhook_deliveries_total", { result: "dropped" })).toBe(1);
    });
  });

  it("get heartbeats in lunasentri's format", async () => {
    await using receiver = await serveReceiver();
    const yaml = `
heartbeats:
  - { name: other, timeout: 1s }
  - { name: production-server, kind: machine, timeout: 1s, hostname: prod-01.example.com, description: Main API server }
webhooks: [{ name: app, url: "http://${receiver.host}", events: [machine.offline, machine.online], targets: [production-server] }]
`;
    await using exporter = await startExporter({ yaml });
    // Goes offline first, but the webhook does not ask for it.
    await exporter.get("/ping/other");
    await exporter.get("/ping/production-server");
    await waitUntil("offline", () => receiver.accepted.length === 1 || undefined);
    await exporter.get("/ping/production-server");
    await waitUntil("online", () => receiver.accepted.length >= 2 || undefined);
    expect(exporter.process.output()).toContain("(other) went offline");
    const machine = {
      id: 2,
      name: "production-server",
      hostname: "prod-01.example.com",
      description: "Main API server",
    };
    const time: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(receiver.accepted.slice(0, 2).map(({ body }) => body)).toEqual([
      { event: "machine.offline", machine: { ...machine, status: "offline", last_seen: time } },
      { event: "machine.online", machine: { ...machine, status: "online", last_seen: time } },
    ]);
  });

  it("keep their queue across a kill -9, unless they are no longer configured", async () => {
    let status = 200;
    await using target = await serveHttp((_request, response) => void response.writeHead(status).end());
    await using receiver = await serveReceiver();
    await using folder = await temporaryFolder();
    receiver.usual = 503;
    const yaml = (webhooks: string): string => `
modules: { web: { prober: http, timeout: 1s } }
targets:
  - { name: web, module: web, target: "http://${target.host}", interval: 1s, failure_threshold: 1, healthy_threshold: 1, failover: {} }
webhooks: [${webhooks}]
`;
    const kept = `{ name: app, url: "http://${receiver.host}/kept", events: [mode] }`;
    const gone = `{ name: gone, url: "http://${receiver.host}/gone", events: [mode] }`;
    const args = [`--storage.path=${join(folder.path, "store")}`];
    {
      await using exporter = await startExporter({ yaml: yaml(`${kept}, ${gone}`), args });
      for (const up of [false, true, false]) {
        status = up ? 200 : 503;
        await waitUntil("the change", async () =>
          (await exporter.json("/config/mode"))["in_fallback_mode"] === !up ? true : undefined,
        );
      }
      // An event in this list has been stored.
      await exporter.json("/api/v1/events?format=json");
      exporter.process.kill("SIGKILL");
      await exporter.process.exited;
    }
    receiver.usual = 200;
    const before = receiver.received.length;
    {
      await using exporter = await startExporter({ yaml: yaml(kept), args });
      await waitUntil("three events", () => receiver.accepted.length === 3 || undefined);
      expect(receiver.accepted.map(({ body }) => body["to"])).toEqual(["fallback", "primary", "fallback"]);
      expect(receiver.received.length - before).toBe(3);
      const metrics = await exporter.get("/metrics");
      expect(valueOf(metrics, "heartbeat_webhook_deliveries_total", { result: "delivered" })).toBe(3);
    }
    // A webhook configured again under an old name does not get the old queue.
    await using exporter = await startExporter({ yaml: yaml(`${kept}, ${gone}`), args });
    status = 200;
    await waitUntil("both to get it", () => receiver.accepted.length === 5 || undefined);
    const paths = receiver.accepted.slice(3).map(({ path, body }) => `${path} ${JSON.stringify(body["to"])}`);
    expect(paths.toSorted((a, b) => a.localeCompare(b))).toEqual(['/gone "primary"', '/kept "primary"']);
    expect(await exporter.json("/config/mode")).toMatchObject({ current_mode: "primary" });
  });
});
