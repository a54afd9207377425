import { request } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { USER_AGENT } from "../../src/core/user-agent.ts";
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

/** Waits until the exporter knows that a number of events was delivered. Deliveries in flight would end if its clock advanced. */
const delivery = (exporter: LocalExporter, count: number): Promise<true> =>
  waitUntil(`${count} deliveries`, async () => {
    const metrics = await (await fetch(`${exporter.url}/metrics`)).text();
    const delivered = valueOf(metrics, "heartbeat_relay_deliveries_total", { result: "delivered" });
    return delivered === count || undefined;
  });

describe("a relay", () => {
  test("knows the facts that a registered machine brought with its ping", async () => {
    await using world = await setup(undefined, `\nheartbeat_registration: { token: registration }`);
    const { exporter, receiver } = world;
    const facts = "hostname=web-1.example.com&description=Shop";
    const headers = { Authorization: "Bearer registration" };
    await fetch(`${exporter.url}/ping/web-1?${facts}`, { headers });
    await post(exporter, notification([{ labels: { ...LABELS, heartbeat: "web-1" } }]));
    expect(JSON.parse((await arrival(receiver, 1)).body)).toEqual({
      event: "machine.offline",
      machine: {
        id: 2,
        name: "web-1",
        hostname: "web-1.example.com",
        description: "Shop",
        status: "offline",
        last_seen: "2025-09-15T13:30:00Z",
      },
    });
  });

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
      "user-agent": USER_AGENT,
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

  test.each([
    ["announced", false],
    ["chunked", true],
  ])("refuses a notification of more than 4 MiB, %s", async (_name, isChunked) => {
    await using world = await setup();
    const whole = notification([{ labels: { ...LABELS, padding: "x".repeat(4 * 1024 * 1024) } }]);
    const bytes = Buffer.from(whole);
    const headers = {
      Authorization: `Bearer ${TOKEN}`,
      ...(isChunked ? { "Transfer-Encoding": "chunked" } : { "Content-Length": String(bytes.length) }),
    };
    const { port } = new URL(world.exporter.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const path = "/alertmanager/relay/phone";
      const sent = request({ port, host: "127.0.0.1", method: "POST", path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      // The exporter closes the connection while the rest is on its way.
      sent.on("error", (error: NodeJS.ErrnoException) =>
        ["EPIPE", "ECONNRESET"].includes(error.code ?? "") ? undefined : reject(error),
      );
      sent.write(bytes.subarray(0, bytes.length - 1));
      sent.end(bytes.subarray(-1));
    });
    expect(status).toBe(413);
    expect(world.receiver.arrived).toEqual([]);
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
        relays: {
          dead_letters: { id: string; last_error: string }[];
          queue_length: number;
          deliveries: Readonly<Record<string, number>>;
          recent: unknown[];
        }[];
      };
      return answer.relays[0];
    };
    const letters = await waitUntil("dead letters", async () => {
      const found = (await relay())?.dead_letters ?? [];
      return found.length === 2 ? found : undefined;
    });
    const about = {
      machine: "production-server",
      alert: "HeartbeatDown",
      fingerprint: "0123456789abcdef",
      since: "2025-09-15T13:30:00Z",
      given_up: "2025-09-15T13:30:00Z",
    };
    expect(letters).toMatchObject([
      {
        ...about,
        event: "machine.offline",
        last_error: "got status 410",
        last_response: { status: 410, body: "" },
      },
      {
        ...about,
        event: "machine.online",
        last_error: "the event before it was not delivered",
        last_response: null,
      },
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

  test("shows the same deliveries and counts after a restart", async () => {
    await using world = await setup(({ body }) => (body.includes("offline") ? 204 : 400));
    await post(world.exporter, notification([{ labels: LABELS }]));
    await post(world.exporter, notification([{ status: "resolved", labels: LABELS }]));
    const relays = async ({ url }: LocalExporter) =>
      (await (await fetch(`${url}/api/v1/relay`)).json()) as { relays: { recent: unknown[] }[] };
    const before = await waitUntil("both deliveries", async () => {
      const shown = await relays(world.exporter);
      return shown.relays[0]?.recent.length === 2 ? shown : undefined;
    });
    expect(before).toMatchObject({
      relays: [
        {
          deliveries: { delivered: 1, retried: 0, dead: 1 },
          recent: [
            {
              result: "dead",
              machine: "production-server",
              event: "machine.online",
              response: { status: 400 },
            },
            { result: "delivered", machine: "production-server", event: "machine.offline", response: null },
          ],
        },
      ],
    });
    await using next = await startLocalExporter({
      yaml: yaml(world.receiver.url),
      files: FILES,
      probers: [httpProber],
      clock: world.clock,
      memory: world.memory.snapshot(),
    });
    expect(await relays(next)).toEqual(before);
    const metrics = await (await fetch(`${next.url}/metrics`)).text();
    expect(valueOf(metrics, "heartbeat_relay_deliveries_total", { relay: "phone", result: "dead" })).toBe(1);
  });

  test("is told again of an alert that goes on after its resolution, and not of an old notification", async () => {
    await using world = await setup();
    const { exporter, clock, receiver } = world;
    const firing = notification([{ labels: LABELS }]);
    const resolved = notification([{ status: "resolved", labels: LABELS }]);
    for (const body of [firing, resolved, firing]) await post(exporter, body);
    await delivery(exporter, 2);
    clock.advance(seconds(29));
    await post(exporter, resolved);
    clock.advance(seconds(100));
    expect(await (await post(exporter, firing)).json()).toEqual({ events: 1, known: 0 });
    await delivery(exporter, 3);
    await post(exporter, resolved.replaceAll("13:40:00", "14:40:00"));
    await post(exporter, firing);
    await delivery(exporter, 4);
    clock.advance(seconds(31));
    await delivery(exporter, 5);
    expect(receiver.arrived.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual(
      ["offline", "online", "offline", "online", "offline"].map((status) => `machine.${status}`),
    );
  });

  test.each([
    ["subject", ["web-1 offline", "web-1 online"]],
    ["alert", ["web-1 offline", "web-1 offline", "web-1 online", "web-1 online"]],
  ])("with events_per: %s tells of two alerts about one machine", async (per, words) => {
    await using world = await setup(undefined, `events_per: ${per}`);
    const labels = { alertname: "A", heartbeat: "web-1" };
    const other = { labels: { ...labels, alertname: "B" }, fingerprint: "bb" };
    const bodies = [
      notification([{ labels }]),
      notification([{ labels }, other]),
      notification([{ status: "resolved", labels }]),
      notification([{ status: "resolved", ...other }]),
    ];
    for (const body of bodies) await post(world.exporter, body);
    await arrival(world.receiver, words.length);
    const told = world.receiver.arrived.map(({ body }) => {
      const { machine } = JSON.parse(body) as { machine: { name: string; status: string } };
      return `${machine.name} ${machine.status}`;
    });
    expect(told.toSorted()).toEqual(words.toSorted());
  });

  test("counts, logs and passes on the number of alerts that were left out of a notification", async () => {
    await using world = await setup();
    const { exporter } = world;
    const truncated = notification([{ labels: LABELS }]).replace(
      '"truncatedAlerts":0',
      '"truncatedAlerts":41',
    );
    const answer = await post(exporter, truncated);
    expect([answer.status, await answer.json()]).toEqual([200, { events: 1, known: 0, truncated: 41 }]);
    const { body } = await arrival(world.receiver, 1);
    expect(JSON.parse(body)).toMatchObject({ event: "machine.offline", truncated_alerts: 41 });
    const metrics = await (await fetch(`${exporter.url}/metrics`)).text();
    expect(valueOf(metrics, "heartbeat_relay_truncated_alerts_total", { relay: "phone" })).toBe(41);
    expect(JSON.stringify(exporter.logged)).toContain("left out alerts because of max_alerts");
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

  test.each([
    ["preset: machine", { truncated_alerts: 41 }],
    ["preset: cloudevents", { truncatedalerts: 41 }],
    ["preset: raw", { truncatedAlerts: 41 }],
    ["template: { text: '{{ truncated_alerts }} more' }", { text: "41 more" }],
    [
      "preset: datadog",
      {
        text: "since 2m\n41 more alerts were left out of this notification.\nhttp://alertmanager.example.com",
        tags: expect.arrayContaining(["truncated_alerts:41"]) as string[],
      },
    ],
  ])("says how many alerts were left out: %s", async (more, part) => {
    await using world = await setup(undefined, more);
    const body = notification([{ labels: LABELS, annotations: { description: "since 2m" } }]);
    await post(world.exporter, body.replace('"truncatedAlerts":0', '"truncatedAlerts":41'));
    expect(JSON.parse((await arrival(world.receiver, 1)).body)).toMatchObject(part);
  });

  test("cuts the texts of Datadog between characters", async () => {
    await using world = await setup(undefined, "preset: datadog");
    const annotations = { summary: "🔴".repeat(100), description: `a${"🔴".repeat(4000)}` };
    await post(world.exporter, notification([{ labels: LABELS, annotations }]));
    const { title, text } = JSON.parse((await arrival(world.receiver, 1)).body) as Record<string, string>;
    expect(title).toBe(`Firing: ${"🔴".repeat(46)}`);
    expect(text).toBe(`a${"🔴".repeat(1749)}\nhttp://alertmanager.example.com`);
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
