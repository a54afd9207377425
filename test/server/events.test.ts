import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { History } from "../../src/core/history.ts";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { manualClock } from "../helpers/clock.ts";
import { followEvents, type Received } from "../helpers/events.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { settle } from "../helpers/stand-in-prober.ts";

const TOKEN = "control-token-of-the-test";
const YAML = `
control: { token_file: token }
modules: { scripted: { prober: scripted, timeout: 2s } }
targets:
  - { name: model, module: scripted, target: model, interval: 10s, failover: { max_duration: 1m } }
  - { name: shop, module: scripted, target: shop, interval: 10s, schedule: interval }
heartbeats: [{ name: backup, kind: job, timeout: 1m }]
groups: [{ name: all, members: [model, shop] }]
`;

let down: Set<string>;
let clock: ReturnType<typeof manualClock>;
let history: History;
let exporter: LocalExporter;
const scripted: Prober = {
  kind: "scripted",
  metrics: [],
  reasons: ["connect"],
  schema: {},
  costly: false,
  compile: () => ({}),
  probe: async ({ address }) => ({
    outcome: down.has(address) ? failed("connect", "refused by the test") : succeeded,
    samples: [],
    duration: seconds(0.25),
  }),
};

beforeEach(async () => {
  down = new Set();
  clock = manualClock();
  history = createMemoryHistory(clock, seconds(86_400));
  exporter = await startLocalExporter({
    yaml: YAML,
    probers: [scripted],
    files: { token: TOKEN },
    clock,
    history,
  });
});
afterEach(() => exporter[Symbol.asyncDispose]());

/** Advances the clock by this many rounds of probes. */
async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count * 10; i += 1) {
    clock.advance(seconds(1));
    await settle();
    await settle();
  }
}

const names = (events: readonly Received[]): string[] =>
  events.map(({ event, data }) => [event, data["target"] ?? data["group"]].join(" ").trim());

const control = (path: string): Promise<Response> =>
  fetch(`${exporter.url}${path}`, { method: "POST", headers: { Authorization: `Bearer ${TOKEN}` } });

const flood = (count: number): void => {
  for (let i = 0; i < count; i += 1)
    history.record({ kind: "health", at: clock.now(), subject: "model", from: "unknown", to: "healthy" });
};

describe("/api/v1/events", () => {
  it("starts with a snapshot of the current state, then streams events", async () => {
    await rounds(3);
    await using client = await followEvents(exporter.url);
    const first = await client.next(() => true);
    expect(first).toMatchObject({
      event: "snapshot",
      data: {
        type: "snapshot",
        targets: [
          {
            target: "model",
            status: "healthy",
            current_mode: "primary",
            in_fallback_mode: false,
            failover: { mode: "rule_based", confidence_reduction: 0.2 },
          },
          { target: "shop", status: "healthy" },
        ],
        groups: [{ group: "all", status: "healthy" }],
      },
    });
    expect(client.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(client.headers.get("cache-control")).toBe("no-store");
    expect(client.headers.get("x-accel-buffering")).toBe("no");
    expect(client.retries).toHaveLength(1);

    down.add("model");
    await rounds(4);
    await client.next(({ event }) => event === "group");
    expect(names(client.received.slice(1))).toEqual([
      "health model",
      "mode model",
      "status model",
      "group all",
    ]);
    const [, health, mode, status, group] = client.received;
    expect(health?.data).toMatchObject({ from: "healthy", to: "unhealthy" });
    expect(mode?.data).toEqual({
      id: Number(mode?.id),
      type: "mode",
      at: expect.stringMatching(/^2025-09-15T13:\d\d:\d\dZ$/),
      target: "model",
      from: "primary",
      to: "fallback",
      cause: "threshold",
      detail: "connect",
      current_mode: "fallback",
      in_fallback_mode: true,
      failover: {
        mode: "rule_based",
        confidence_reduction: 0.2,
        process_with_lower_confidence: true,
        max_duration: "1m0s",
      },
    });
    expect(status?.data).toMatchObject({ from: "healthy", to: "unhealthy", cause: "connect" });
    expect(group?.data).toMatchObject({ from: "healthy", to: "unhealthy" });
    const ids = client.received.map(({ id }) => Number(id));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));

    await rounds(7);
    await client.next(({ event }) => event === "overdue");
    await control("/config/force/primary?for=10s&target=model");
    const forced = await client.next(({ event, data }) => event === "force" && data["forced"] === true);
    expect(forced.data).toMatchObject({ target: "model", to: "primary", until: expect.any(String) });
    await rounds(2);
    const free = await client.next(({ event, data }) => event === "force" && data["forced"] === false);
    expect(free.data).toMatchObject({ target: "model" });
  });

  it("replays the events since the given id, each once, then sends a snapshot", async () => {
    await rounds(3);
    await using before = await followEvents(exporter.url);
    const { id } = await before.next(({ event }) => event === "snapshot");
    down.add("shop");
    await rounds(4);
    down.clear();
    await rounds(3);
    await using header = await followEvents(exporter.url, { lastEventId: id ?? "" });
    await using query = await followEvents(exporter.url, { query: `?last_event_id=${id}` });
    for (const client of [header, query]) {
      const { data } = await client.next(({ event }) => event === "snapshot");
      expect(names(client.received)).toEqual([
        "health shop",
        "status shop",
        "group all",
        "health shop",
        "status shop",
        "group all",
        "snapshot",
      ]);
      expect(data["groups"]).toEqual([{ group: "all", status: "healthy" }]);
      expect(new Set(client.received.slice(0, -1).map(({ id }) => id)).size).toBe(6);
      expect(client.received.at(-1)?.id).toBe(client.received.at(-2)?.id);
    }
  });

  it("streams heartbeats that go offline and come back", async () => {
    await fetch(`${exporter.url}/ping/backup`);
    await using client = await followEvents(exporter.url, {
      query: "?type=machine.offline,heartbeat.online",
    });
    expect((await client.next(() => true)).data["heartbeats"]).toEqual([]);
    await rounds(7);
    const offline = await client.next(({ event }) => event === "heartbeat.offline");
    expect(offline.data).toMatchObject({
      heartbeat: "backup",
      source: "push",
      from: "up",
      to: "down",
      cause: "timeout",
    });
    await using late = await followEvents(exporter.url, { query: "?target=backup" });
    expect((await late.next(() => true)).data).toMatchObject({
      targets: [],
      heartbeats: [{ heartbeat: "backup", source: "push", status: "offline" }],
    });
    await fetch(`${exporter.url}/ping/backup`);
    const online = await client.next(({ event }) => event === "heartbeat.online");
    expect(online.data).toMatchObject({ heartbeat: "backup", from: "down", to: "up" });
  });

  it("ignores an event id from the future", async () => {
    await using client = await followEvents(exporter.url, { lastEventId: "9999999999999999" });
    await client.next(({ event }) => event === "snapshot");
    await rounds(3);
    expect(await client.next(({ event }) => event === "health")).toMatchObject({ data: { to: "healthy" } });
  });

  it("filters by target and type", async () => {
    await using client = await followEvents(exporter.url, { query: "?target=model&type=mode,status" });
    const first = await client.next(() => true);
    expect(first.data).toMatchObject({ targets: [{ target: "model" }], heartbeats: [], groups: [] });
    await rounds(3);
    down.add("model").add("shop");
    await rounds(4);
    await client.next(({ event }) => event === "mode");
    await client.next(({ data }) => data["to"] === "unhealthy");
    expect(names(client.received.slice(1))).toEqual(["status model", "mode model", "status model"]);
  });

  it.each([
    [
      "target=modell",
      'target: got "modell", want the name of a target, heartbeat, group, component or route',
    ],
    [
      "type=modes",
      'type: got "modes", want one of: mode, health, status, force, overdue, heartbeat.offline, heartbeat.online, group, component, route.changed, reload, certificate, budget, machine.offline, machine.online',
    ],
    ["last_event_id=-1", 'last_event_id: got "-1", want the id of an event'],
    ["format=json&limit=0", 'limit: got "0", want a number from 1 to 10000'],
    ["format=xml", 'format: got "xml", want json or stream'],
  ])("refuses ?%s", async (query, error) => {
    const response = await fetch(`${exporter.url}/api/v1/events?${query}`);
    expect([response.status, await response.json()]).toEqual([400, { error }]);
  });

  it("lists past events as JSON", async () => {
    await rounds(3);
    flood(150);
    const list = async (query: string, headers = {}): Promise<Record<string, unknown>[]> => {
      const response = await fetch(`${exporter.url}/api/v1/events${query}`, { headers });
      expect(response.headers.get("content-type")).toContain("application/json");
      return ((await response.json()) as { events: Record<string, unknown>[] }).events;
    };
    const all = await list("?limit=10000", { Accept: "application/json" });
    expect(all).toHaveLength(155);
    expect(await list("?format=json")).toEqual(all.slice(-100));
    expect(await list("?format=json&limit=2")).toEqual(all.slice(-2));
    expect(await list(`?format=json&limit=2&last_event_id=${String(all[3]?.["id"])}`)).toEqual(
      all.slice(4, 6),
    );
    expect(await list("?format=json&type=group,machine.offline")).toMatchObject([
      { type: "group", group: "all", from: "unknown", to: "healthy" },
    ]);
    expect(await list("?format=json&target=shop")).toMatchObject([{ type: "health" }, { type: "status" }]);
  });

  it("sends comments to keep the connection alive", async () => {
    await using client = await followEvents(exporter.url);
    await client.next(() => true);
    await rounds(3);
    await waitUntil("two comments", () => client.comments.length >= 2 || undefined);
    expect(client.comments).toEqual(["keep-alive", "keep-alive"]);
  });

  it("drops a client that does not read; a reconnecting client misses nothing", async () => {
    await using reading = await followEvents(exporter.url, { query: "?type=health" });
    const { id } = await reading.next(() => true);
    const { hostname, port } = new URL(exporter.url);
    const lazy = connect(Number(port), hostname);
    lazy.pause().on("error", () => {});
    lazy.write(`GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n`);
    const streams = async (): Promise<number | undefined> =>
      valueOf(
        await (await fetch(`${exporter.url}/metrics?collect[]=exporter`)).text(),
        "heartbeat_exporter_event_streams",
      );
    await waitUntil("both streams", async () => (await streams()) === 2 || undefined);
    // More than sockets and the limit buffer, and less than the history keeps.
    let sent = 0;
    while ((await streams()) === 2) {
      flood(500);
      sent += 500;
      expect(sent).toBeLessThan(200_000);
      await waitUntil(
        "the other client to receive all",
        () => reading.received.length === sent + 1 || undefined,
      );
    }
    lazy.destroy();
    const dropped = exporter.logged.find(({ message }) => message.includes("does not read"));
    expect(dropped?.level).toBe("warn");
    const text = await (await fetch(`${exporter.url}/metrics?collect[]=exporter`)).text();
    expect(valueOf(text, "heartbeat_exporter_event_streams_dropped_total")).toBe(1);

    // The history is replayed in pages, in order and without a gap.
    const from = reading.received.at(-4000)?.id ?? id ?? "";
    await using resumed = await followEvents(exporter.url, { lastEventId: from });
    await resumed.next(({ event }) => event === "snapshot");
    expect(resumed.received.slice(0, -1).map(({ id }) => id)).toEqual(
      reading.received.slice(-3999).map(({ id }) => id),
    );
  });

  it("sends every event to 200 clients", async () => {
    await using clients = new AsyncDisposableStack();
    const all = await Promise.all(
      Array.from({ length: 200 }, async () => clients.use(await followEvents(exporter.url))),
    );
    for (const client of all) await client.next(({ event }) => event === "snapshot");
    flood(200);
    for (const client of all) {
      await waitUntil("all events", () => client.received.length === 201 || undefined);
      expect(client.received.map(({ id }) => id)).toEqual(all[0]?.received.map(({ id }) => id));
    }
  });

  it("accepts at most 1000 streams", async () => {
    const { hostname, port } = new URL(exporter.url);
    const sockets = Array.from({ length: 1000 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {}).resume();
      socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n`);
      return socket;
    });
    const answer = (): Promise<Response> =>
      fetch(`${exporter.url}/api/v1/events`, { signal: leaving.signal });
    const leaving = new AbortController();
    await waitUntil("a thousand streams", async () => {
      const text = await (await fetch(`${exporter.url}/metrics?collect[]=exporter`)).text();
      return valueOf(text, "heartbeat_exporter_event_streams") === 1000 ? true : undefined;
    });
    const refused = await answer();
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([
      503,
      "30",
      { error: "streams: 1000 are open, which is the limit" },
    ]);
    sockets[0]?.destroy();
    expect(
      await waitUntil("a free place", async () => ((await answer()).status === 200 ? true : undefined)),
    ).toBe(true);
    leaving.abort();
    for (const socket of sockets) socket.destroy();
  });

  it("ends its streams at shutdown, and accepts no new ones", async () => {
    await using client = await followEvents(exporter.url);
    await client.next(() => true);
    await exporter.stop();
    expect(await client.ended).toBe("ended");
    const response = await fetch(`${exporter.url}/api/v1/events`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { error: "the exporter is shutting down" },
    ]);
  });

  it("answers HEAD and refuses POST", async () => {
    const head = await fetch(`${exporter.url}/api/v1/events`, { method: "HEAD" });
    expect(head.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect((await fetch(`${exporter.url}/api/v1/events`, { method: "POST" })).status).toBe(405);
  });
});
