import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { httpProber } from "../../src/probers/http/prober.ts";
import { manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { parseExposition, valueOf } from "../helpers/exposition.ts";
import { run, waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { notification, type ReceivedWebhook, type Reply, startReceiver } from "../notify/receiver.ts";
import { snapshotMemory } from "../notify/snapshot-memory.ts";

const TOKEN = "token-of-alertmanager";
const KEY = "key-of-the-signature";
const FILES = { token: `${TOKEN}\n`, key: `${KEY}\n`, header: "header-of-the-receiver", control: "control" };
const LABELS = { alertname: "HeartbeatDown", heartbeat: "production-server" };

const yaml = (url: string, more = ""): string => `
control: { token_file: control }
modules: { http_2xx: { prober: http } }
heartbeats:
  - { name: production-server, hostname: prod-01.example.com, description: Main API server }
relays:
  - name: phone
    token_file: token
    url: "${url}?key=secret-in-the-url"
    signing: { key_file: key }
    headers: { Authorization: Bearer secret-in-a-header, X-File: { file: header } }
    ${more}
`;

async function setup(answer?: (one: ReceivedWebhook) => Reply, more?: string) {
  await using resources = new AsyncDisposableStack();
  const receiver = resources.use(await startReceiver(answer));
  const clock = manualClock();
  const memory = snapshotMemory();
  const exporter = resources.use(
    await startLocalExporter({
      yaml: yaml(receiver.url, more),
      files: FILES,
      probers: [httpProber as never],
      clock,
      memory,
    }),
  );
  const owned = resources.move();
  return { receiver, clock, memory, exporter, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const post = (
  { url }: LocalExporter,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = { Authorization: `Bearer ${TOKEN}` },
  path = "/alertmanager/relay/phone",
): Promise<Response> => fetch(url + path, { method: "POST", body: body as string, headers });

const arrival = (
  receiver: { readonly arrived: readonly ReceivedWebhook[] },
  count: number,
): Promise<ReceivedWebhook> => waitUntil(`${count} webhooks`, () => receiver.arrived[count - 1]);

describe("a relay", () => {
  test("sends one signed event per alert, in the shape of the machine preset", async () => {
    await using world = await setup();
    const { exporter, receiver } = world;
    await fetch(`${exporter.url}/ping/production-server`);
    const answer = await post(exporter, notification([{ labels: LABELS }]));
    expect([answer.status, await answer.json()]).toEqual([200, { events: 1, known: 0 }]);
    const { body, headers, path } = await arrival(receiver, 1);
    expect(JSON.parse(body)).toEqual({
      event: "machine.offline",
      machine: {
        id: 1,
        name: "production-server",
        hostname: "prod-01.example.com",
        description: "Main API server",
        status: "offline",
        last_seen: "2025-09-15T13:30:00Z",
      },
    });
    expect(path).toBe("/hook?key=secret-in-the-url");
    expect(headers).toMatchObject({
      authorization: "Bearer secret-in-a-header",
      "x-file": "header-of-the-receiver",
      "content-type": "application/json",
      "user-agent": "heartbeat-exporter/0.0.0-test",
      "webhook-timestamp": "1757943000",
    });

    await using folder = await temporaryFolder();
    const file = await folder.write("body", body);
    const { stdout } = await run(["openssl", "dgst", "-sha256", "-hmac", KEY, "-hex", file]);
    expect(headers["x-webhook-signature"]).toBe(`sha256=${stdout.trim().split(" ").at(-1)}`);

    const resolved = notification([{ status: "resolved", labels: LABELS }]);
    expect(await (await post(exporter, resolved)).json()).toEqual({ events: 1, known: 0 });
    const second = await arrival(receiver, 2);
    expect(JSON.parse(second.body)).toMatchObject({
      event: "machine.online",
      machine: { id: 1, status: "online" },
    });
  });

  test("sends each change once, and a resolved alert only after a firing one", async () => {
    await using world = await setup();
    const { exporter, receiver } = world;
    const answers: unknown[] = [];
    const firing = notification([{ labels: LABELS }]);
    const resolved = notification([{ status: "resolved", labels: LABELS }]);
    const again = notification([{ labels: LABELS, startsAt: "2025-09-15T14:30:00Z" }]);
    for (const body of [resolved, firing, firing, resolved, firing, resolved, again]) {
      answers.push(await (await post(exporter, body)).json());
    }
    expect(answers).toEqual([
      { events: 0, known: 1 },
      { events: 1, known: 0 },
      { events: 0, known: 1 },
      { events: 1, known: 0 },
      { events: 0, known: 1 },
      { events: 0, known: 1 },
      { events: 1, known: 0 },
    ]);
    await arrival(receiver, 3);
    expect(receiver.arrived.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual([
      "machine.offline",
      "machine.online",
      "machine.offline",
    ]);
  });

  test("refuses a notification without its token", async () => {
    await using world = await setup();
    const { exporter, receiver } = world;
    const body = notification([{ labels: LABELS }]);
    const statuses = await Promise.all(
      [
        {},
        { Authorization: "Bearer wrong" },
        { Authorization: `Basic ${btoa(`a:${TOKEN}`)}` },
        { Authorization: TOKEN },
      ].map(async (headers) => (await post(exporter, body, headers)).status),
    );
    expect(statuses).toEqual([401, 401, 401, 401]);
    expect((await post(exporter, body, undefined, "/alertmanager/relay/other")).status).toBe(404);
    expect((await fetch(`${exporter.url}/alertmanager/relay/phone`)).status).toBe(405);
    expect(receiver.arrived).toEqual([]);
  });

  test("accepts basic authentication if configured", async () => {
    const receiver = "http://127.0.0.1:1";
    await using exporter = await startLocalExporter({
      yaml: yaml(receiver).replace("token_file: token", "basic_auth: { username: am, password_file: token }"),
      files: FILES,
      probers: [httpProber],
    });
    const status = async (user: string): Promise<number> => {
      const headers = { Authorization: `Basic ${btoa(user)}` };
      return (await post(exporter, notification([{ labels: LABELS }]), headers)).status;
    };
    expect(await status(`am:${TOKEN}`)).toBe(200);
    expect(await status("am:wrong")).toBe(401);
    expect(await status(`other:${TOKEN}`)).toBe(401);
  });

  test.each([
    ["invalid JSON", "{", 400],
    ["invalid UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), 400],
    ["deeply nested JSON", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, 400],
    ["another version", notification([]).replace('"4"', '"5"'), 400],
    ["an incomplete alert", '{"version":"4","alerts":[{"status":"firing"}]}', 400],
    [
      "labels that are not strings",
      '{"version":"4","alerts":[{"status":"firing","labels":{"a":1},"startsAt":"2025-09-15T13:30:00Z","fingerprint":"ab"}]}',
      400,
    ],
    ["a fingerprint that is a path", notification([{ labels: LABELS, fingerprint: "../../etc" }]), 400],
    ["10 MB", "x".repeat(10_000_000), 413],
    ["an empty body", "", 400],
  ])("refuses %s", async (_name, body, status) => {
    await using world = await setup();
    const answer = await post(world.exporter, body).catch((error: unknown) => error);
    // A client may see the connection closed before it has read the 413.
    if (answer instanceof Response) expect(answer.status).toBe(status);
    else expect(status).toBe(413);
    expect(await (await fetch(`${world.exporter.url}/-/healthy`)).text()).toBe("Healthy\n");
    expect(world.receiver.arrived).toEqual([]);
  });

  test("refuses a compressed body, and one that arrives too slowly", async () => {
    await using world = await setup();
    const zipped = gzipSync(notification([{ labels: LABELS }]));
    const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Encoding": "gzip" };
    expect((await post(world.exporter, zipped, headers)).status).toBe(415);

    const { port } = new URL(world.exporter.url);
    const socket = connect(Number(port), "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });
    socket.write(
      `POST /alertmanager/relay/phone HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 100\r\n\r\n{`,
    );
    await waitUntil("the answer", () => {
      world.clock.advance(seconds(1));
      return answer === "" ? undefined : answer;
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  });

  test("returns 503 while it cannot store, and sends a repeated notification once", async () => {
    await using world = await setup();
    const { exporter, memory, receiver } = world;
    memory.breakDown();
    const body = notification([{ labels: LABELS }]);
    expect((await post(exporter, body)).status).toBe(503);
    memory.repair();
    expect((await post(exporter, body)).status).toBe(200);
    await arrival(receiver, 1);
    expect(receiver.accepted.size).toBe(1);
    expect(receiver.arrived.length).toBe(1);
  });

  test("keeps dead letters, and replays and discards them", async () => {
    let status: number = 410;
    await using world = await setup(() => status);
    const { exporter, receiver } = world;
    await post(exporter, notification([{ labels: LABELS }]));
    await post(exporter, notification([{ status: "resolved", labels: LABELS }]));
    const relay = async () => {
      const answer = (await (await fetch(`${exporter.url}/api/v1/relay`)).json()) as {
        relays: { dead_letters: { id: string; last_error: string }[]; queue_length: number }[];
      };
      return answer.relays[0];
    };
    const letters = await waitUntil("dead letters", async () => {
      const found = (await relay())?.dead_letters ?? [];
      return found.length === 2 ? found : undefined;
    });
    expect(letters).toMatchObject([
      { last_error: "got status 410" },
      { last_error: "the event before it was not delivered" },
    ]);
    const metrics = await (await fetch(`${exporter.url}/metrics`)).text();
    expect(valueOf(metrics, "heartbeat_relay_dead_letters", { relay: "phone" })).toBe(2);
    expect(valueOf(metrics, "heartbeat_relay_deliveries_total", { relay: "phone", result: "dead" })).toBe(2);

    status = 200;
    const replay = (headers: Readonly<Record<string, string>>) =>
      post(exporter, "", headers, "/api/v1/relay/phone/replay");
    expect((await replay({})).status).toBe(401);
    expect(await (await replay({ Authorization: "Bearer control" })).json()).toEqual({ replayed: 2 });
    await arrival(receiver, 3);
    expect([...receiver.accepted.keys()]).toEqual(letters.map(({ id }) => id));
    expect(await relay()).toMatchObject({ dead_letters: [], queue_length: 0 });

    status = 422;
    await post(exporter, notification([{ labels: LABELS, startsAt: "2025-09-16T00:00:00Z" }]));
    await waitUntil("another dead letter", async () => (await relay())?.dead_letters[0]);
    const discard = await fetch(`${exporter.url}/api/v1/relay/phone/dead-letters`, {
      method: "DELETE",
      headers: { Authorization: "Bearer control" },
    });
    expect(await discard.json()).toEqual({ discarded: 1 });
    expect(await relay()).toMatchObject({ dead_letters: [], queue_length: 0 });
  });

  test("shows no secrets in pages and logs", async () => {
    await using world = await setup(() => 500);
    const { exporter } = world;
    await post(exporter, notification([{ labels: { ...LABELS, secret: "x" } }]));
    await arrival(world.receiver, 1);
    const pages = await Promise.all(
      ["/config", "/metrics", "/api/v1/relay", "/"].map(async (path) =>
        (await fetch(exporter.url + path)).text(),
      ),
    );
    const all = [...pages, JSON.stringify(exporter.logged)].join("\n");
    for (const secret of [TOKEN, KEY, "secret-in-the-url", "secret-in-a-header", FILES.header]) {
      expect(all).not.toContain(secret);
    }
    expect(parseExposition(pages[1] ?? "").types.get("heartbeat_relay_queue_length")).toBe("gauge");
  });
});

describe("the shape of an event", () => {
  const shaped = async (more: string, labels: Readonly<Record<string, string>>): Promise<unknown> => {
    await using world = await setup(undefined, more);
    const annotations = { summary: "It is down", description: "since 2m" };
    await post(world.exporter, notification([{ labels, annotations }]));
    const { body } = await arrival(world.receiver, 1);
    return JSON.parse(body);
  };

  test("is a template, in which values are escaped", async () => {
    const template =
      'template: { text: "{{ labels.alertname }} of {{ labels.x }}: {{annotations.summary}}", n: 5, on: true, deep: [{ machine: "{{ machine.name }}" }], none: "{{ labels.nothing }}" }';
    const labels = { alertname: "A", x: '"}],"evil":{{ labels.alertname }}\n', heartbeat: "h" };
    expect(await shaped(template, labels)).toEqual({
      text: 'A of "}],"evil":{{ labels.alertname }}\n: It is down',
      n: 5,
      on: true,
      deep: [{ machine: "h" }],
      none: "",
    });
  });

  test("is an event of Datadog, CloudEvents, or Alertmanager's own", async () => {
    const labels = { ...LABELS, severity: "warning", instance: "a:1" };
    expect(await shaped("preset: datadog", labels)).toEqual({
      title: "Firing: It is down",
      text: "since 2m\nhttp://alertmanager.example.com",
      alert_type: "warning",
      aggregation_key: "0123456789abcdef",
      source_type_name: "prometheus",
      tags: ["alertname:HeartbeatDown", "heartbeat:production-server", "severity:warning", "instance:a:1"],
      host: "a:1",
      date_happened: 1_757_943_000,
    });
    expect(await shaped("preset: cloudevents", labels)).toMatchObject({
      specversion: "1.0",
      id: expect.stringMatching(/^evt_[0-9a-f]{32}$/) as string,
      source: "http://alertmanager.example.com",
      type: "alertmanager.alert.firing",
      subject: "production-server",
      time: "2025-09-15T13:30:00.123456789Z",
      data: { labels },
    });
    expect(await shaped("preset: raw", labels)).toMatchObject({
      version: "4",
      status: "firing",
      commonLabels: labels,
      alerts: [{ labels, fingerprint: "0123456789abcdef", startsAt: "2025-09-15T13:30:00.123456789Z" }],
    });
  });

  test("takes the facts of an unknown machine from the alert", async () => {
    const labels = { alertname: "A", machine: "m", hostname: "h.example.com", machine_id: "17" };
    expect(await shaped("preset: machine", labels)).toEqual({
      event: "machine.offline",
      machine: {
        id: 17,
        name: "m",
        hostname: "h.example.com",
        description: "since 2m",
        status: "offline",
        last_seen: null,
      },
    });
  });
});
