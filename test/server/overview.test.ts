import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import type { Incident, IncidentList } from "../../src/page/model/incident.ts";
import type { OperationsPage } from "../../src/page/model/operations.ts";
import type { Overview } from "../../src/page/model/overview.ts";
import type { SubjectPage } from "../../src/page/model/subject.ts";
import { manualClock } from "../helpers/clock.ts";
import { type OpenStore, openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { logBeat, type PageWorld, pageWorld, START, TOKEN } from "./page-world.ts";

const YAML = `
control: { token_file: token }
modules: { web: { prober: scripted, timeout: 2s } }
targets:
  - { name: good, module: web, target: "http://user:hunt@er22@good/x?key=queryvalue", schedule: interval, labels: { team: ai }, failover: {} }
  - { name: bad, module: web, target: "http://bad", schedule: interval, critical: true, labels: { team: web } }
  - { name: log, module: web, target: "file:///a.log", schedule: interval }
heartbeats:
  - { name: box, timeout: 2m, owner: web-team }
  - { name: nightly, schedule: "0 3 * * *", timezone: Europe/Berlin, grace: 1h }
groups:
  - { name: shop, members: [good, bad, box], components: [worker], labels: { team: shop } }
`;

let world: PageWorld;
beforeEach(async () => {
  world = await pageWorld(YAML);
});
afterEach(() => world[Symbol.asyncDispose]());

const overview = async (query = ""): Promise<Overview> =>
  (await world.json(`/api/v1/overview${query}`)) as unknown as Overview;
const names = ({ items }: Overview): readonly string[] => items.map(({ name }) => name);

/** Fails `bad` until it is unhealthy, and lets the others succeed. */
async function settle(): Promise<void> {
  world.answers.failures.set("http://bad", "status 503, want 2xx");
  world.answers.beats.set("file:///a.log", [logBeat("/var/log/a.log")]);
  for (let i = 0; i < 3; i += 1) {
    await world.probe("good", "bad", "log");
    world.clock.advance(seconds(2));
  }
}

describe("the overview", () => {
  it("says nothing good before anything is known", async () => {
    const { status, counts, summary } = await overview();
    expect([status, counts]).toEqual(["unknown", { healthy: 0, degraded: 0, unhealthy: 0, unknown: 5 }]);
    expect(summary).toBe(
      "5 of 5 are unknown: bad (not_probed_yet, 0s), box (never_seen), good (not_probed_yet, 0s) and 2 more",
    );
  });

  it("shows the worst first, with why and since when", async () => {
    await settle();
    await world.ask("/ping/box");
    const shown = await overview();
    expect(shown.summary).toBe("1 of 6 is down: bad (http_status: status 503, want 2xx, 2s); 1 unknown");
    expect(names(shown)).toEqual(["bad", "nightly", "/var/log/a.log", "box", "good", "log"]);
    const [bad] = shown.items;
    expect(bad).toMatchObject({
      kind: "target",
      status: "unhealthy",
      since: "2025-09-15T13:30:04Z",
      reason: "http_status",
      detail: "status 503, want 2xx",
      critical: true,
      groups: ["shop"],
      last_success: null,
    });
    expect(bad?.target).toMatchObject({
      module: "web",
      prober: "scripted",
      mode: null,
      consecutive_failures: bad?.target?.results.length,
      last_duration: 0.25,
      budget_left: null,
    });
    expect(bad?.target?.results.slice(-3).map(({ ok, reason }) => [ok, reason])).toEqual([
      [false, "http_status"],
      [false, "http_status"],
      [false, "http_status"],
    ]);
    expect(bad?.target?.latency.at(-1)).toBe(0.25);
    expect([bad?.days.at(-1), bad?.days.at(-2), bad?.days.length]).toEqual([0, null, 90]);
    const good = shown.items.find(({ name }) => name === "good");
    expect(good?.target?.address).toBe("http://<secret>@good/x?key=<secret>");
    expect(good?.target?.mode).toBe("primary");
    expect(good?.target?.next_probe).toMatch(/^2025-09-15T13:3/);
    const log = shown.items.find(({ name }) => name === "/var/log/a.log");
    expect(log?.heartbeat).toMatchObject({ source: "log", kind: "scripted", target: "log" });
    const nightly = shown.items.find(({ name }) => name === "nightly");
    expect(nightly?.heartbeat).toMatchObject({
      schedule: "0 3 * * * (Europe/Berlin)",
      timeout_seconds: expect.any(Number),
    });
  });

  it("has a section for each group, and one for what is in none", async () => {
    await settle();
    const { sections } = await overview();
    expect(sections.map(({ group, status, counts }) => [group, status, counts.unhealthy])).toEqual([
      ["shop", "unhealthy", 1],
      [null, "unknown", 0],
    ]);
    expect(sections[0]?.since).toBe("2025-09-15T13:30:05Z");
  });

  it.each([
    ["?text=BA", ["bad"]],
    ["?text=http://bad", ["bad"]],
    ["?text=web-team", ["box"]],
    ["?text=team%3Dai", ["good"]],
    ["?text=queryvalue", []],
    ["?text=hunt", []],
    ["?status=unhealthy,unknown", ["bad", "box", "nightly"]],
    ["?status=degraded", []],
    ["?kind=group", ["shop"]],
    ["?kind=heartbeat&status=healthy", ["/var/log/a.log"]],
    ["?label=team%3Dai", ["good"]],
    ["?label=team%3Dai&label=team%3Dweb", []],
    ["?label=constructor%3Dx", []],
    ["?group=shop", ["bad", "box", "good"]],
    ["?group=", ["nightly", "/var/log/a.log", "log"]],
    ["?limit=2", ["bad", "box"]],
    ["?limit=2&offset=4", ["good", "log"]],
    ["?offset=100", []],
  ])("leaves what %s asks for", async (query, want) => {
    await settle();
    const shown = await overview(query);
    expect(names(shown)).toEqual(want);
    // The sentence is about the whole.
    expect(shown.summary).toMatch(/^1 of 6 is down/);
    expect(shown.total).toBe(query.includes("limit") || query.includes("offset") ? 6 : want.length);
  });

  it.each([
    ["status=up", 'status: got "up", want one of healthy, degraded, unhealthy, unknown'],
    ["kind=site", 'kind: got "site", want one of target, heartbeat, component, group'],
    ["limit=0", 'limit: got "0", want a number from 1 to 500'],
    ["limit=501", 'limit: got "501", want a number from 1 to 500'],
    ["offset=-1", 'offset: got "-1", want a number from 0 to 1000000'],
    ["label=x", 'label: got "x", want NAME=VALUE'],
    [`text=${"x".repeat(201)}`, 'text: got "201 characters", want at most 200'],
  ])("refuses ?%s", async (query, error) => {
    expect(await world.ask(`/api/v1/overview?${query}`)).toMatchObject({
      status: 400,
      text: JSON.stringify({ error }),
    });
    expect((await world.ask(`/?${query}`)).status).toBe(400);
  });

  it("is shared by people who look at the same time, and current within a second", async () => {
    const first = await Promise.all(Array.from({ length: 10 }, () => overview()));
    expect(new Set(first.map((one) => JSON.stringify(one))).size).toBe(1);
    await settle();
    expect((await overview()).status).toBe("unhealthy");
  });
});

describe("GET /", () => {
  it.each([
    [{}, "text/plain"],
    [{ Accept: "*/*" }, "text/plain"],
    [{ Accept: "text/plain" }, "text/plain"],
    [{ Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" }, "text/html"],
    [{ Accept: "application/json" }, "application/json"],
  ])("answers %o in the form that it prefers", async (headers, type) => {
    const response = await world.ask("/", { headers: headers as Record<string, string> });
    expect(response.headers.get("content-type")).toContain(type);
    expect(response.headers.get("vary")).toContain("Accept");
  });

  it("is a table for terminals", async () => {
    await settle();
    const { text } = await world.ask("/?limit=3");
    expect(text.split("\n")).toEqual([
      "1 of 6 is down: bad (http_status: status 503, want 2xx, 2s); 2 unknown",
      "",
      "STATUS   NAME     KIND      SINCE  LATENCY  WHY",
      "down     bad      scripted  2s     250 ms   http_status: status 503, want 2xx",
      "unknown  box      machine   -      -        never_seen",
      "unknown  nightly  machine   -      -        never_seen",
      "and 3 more: ?offset=3&limit=3",
      "",
    ]);
  });

  it("is a page of links with --web.page=off, which turns nothing else off", async () => {
    await using off = await pageWorld(YAML, { showsPage: false });
    const { headers, text } = await off.ask("/");
    expect(headers.get("content-type")).toContain("text/html");
    expect(text).toContain('<a href="/metrics">');
    expect((await off.ask("/metrics")).status).toBe(200);
    expect((await off.ask("/api/v1/overview")).status).toBe(200);
  });
});

const subject = async (path: string): Promise<SubjectPage> =>
  (await world.json(`/api/v1/${path}`)) as unknown as SubjectPage;

describe("the page of a subject", () => {
  it("has charts, uptime, failures, incidents, probes, configuration and alerts of a target", async () => {
    await settle();
    const page = await subject("targets/bad?window=1h");
    expect(page.uptime).toEqual({ "1h": 0, "24h": 0, "7d": 0, "30d": 0, "90d": 0 });
    // Those of the operator, and the first one of the schedule.
    expect(page.chart?.failures.reduce((a, b) => a + b)).toBe(4);
    expect(page.chart?.series.map(({ name }) => name)).toEqual(["duration", "longest"]);
    expect(page.failures).toEqual([{ reason: "http_status", count: 4 }]);
    expect(page.incidents).toMatchObject([{ name: "bad", to: null, reason: "http_status" }]);
    expect(page.statuses.map(({ status, to }) => [status, to === null])).toEqual([
      ["unknown", false],
      ["unhealthy", true],
    ]);
    expect(page.probes.length).toBeGreaterThan(0);
    expect(page.configuration).toBe("prober: scripted\ntimeout: 2s\n");
    expect(page.alerts[0]).toMatchObject({ name: "HeartbeatTargetDown", holds: true });
    expect(page.alerts.map(({ name }) => name)).toContain("HeartbeatCriticalTargetDown");
    expect(page.alerts.map(({ name }) => name)).not.toContain("HeartbeatModelUnavailable");
    const probe = await world.json(`/api/v1/probes/${page.probes[0]?.id}`);
    expect(probe).toMatchObject({ target: "bad", ok: false, reason: "http_status" });
    expect(probe["log"]).toContain("probe failed (http_status): status 503, want 2xx");
    const good = await subject("targets/good");
    expect(good.chart?.series.map(({ name, stacked }) => [name, stacked])).toEqual([
      ["duration", false],
      ["longest", false],
      ["connect", true],
      ["processing", true],
    ]);
  });

  it("has the timeline of modes of a target with failover", async () => {
    await settle();
    await world.control("POST", "/config/force/fallback?target=good&for=10m");
    const { modes, item } = await subject("targets/good");
    expect(item.target).toMatchObject({ mode: "fallback", forced: true });
    expect(modes.map(({ mode, cause }) => [mode, cause])).toEqual([
      ["primary", null],
      ["fallback", "forced"],
    ]);
  });

  it("exists for heartbeats, groups and components", async () => {
    await settle();
    await world.ask("/ping/box");
    await world.ask("/api/v1/components/worker", {
      method: "PUT",
      headers: { Authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ status: "healthy" }),
    });
    world.clock.advance(seconds(120));
    world.clock.advance(seconds(60));
    const box = await subject("heartbeats/box?window=1h");
    expect(box.item).toMatchObject({
      status: "unhealthy",
      reason: "timeout",
      detail: "silent for 3m0s, want less than 2m0s",
    });
    expect(box.item.since).toBe("2025-09-15T13:32:06Z");
    expect(box.uptime["1h"]).toBeCloseTo(119 / 179, 1);
    expect(box.incidents).toMatchObject([{ name: "box", kind: "heartbeat", to: null, reason: "timeout" }]);
    expect(box.chart).toBe(null);
    const log = await subject("heartbeats/%2Fvar%2Flog%2Fa.log");
    expect(log.item.status).toBe("unhealthy");
    const shop = await subject("groups/shop");
    expect(shop.members.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "target good",
      "target bad",
      "heartbeat box",
      "component worker",
    ]);
    expect(shop.settings[0]).toMatchObject({ name: "unhealthy_when", value: "critical" });
    const worker = await subject("components/worker");
    expect(worker.item).toMatchObject({ kind: "component", groups: ["shop"] });
  });

  it.each([
    ["/api/v1/targets/nope", 404, 'target: got "nope", want the name of a target'],
    ["/api/v1/heartbeats/good", 404, 'heartbeat: got "good", want the name of a heartbeat'],
    ["/api/v1/groups/__proto__", 404, 'group: got "__proto__", want the name of a group'],
    ["/api/v1/components/%00", 404, 'component: got "\\u0000", want the name of a component'],
    ["/api/v1/targets/good?window=2h", 400, 'window: got "2h", want one of 1h, 24h, 7d, 30d'],
    ["/api/v1/incidents/x", 404, 'id: got "x", want the id of an incident, see /api/v1/incidents'],
    ["/api/v1/probes/99999", 404, 'id: got "99999", want the id of a recent probe, see /api/v1/probes'],
  ])("refuses %s", async (path, status, error) => {
    expect(await world.ask(path)).toMatchObject({ status, text: JSON.stringify({ error }) });
  });
});

describe("incidents", () => {
  const list = async (query = ""): Promise<IncidentList> =>
    (await world.json(`/api/v1/incidents${query}`)) as unknown as IncidentList;

  it("begin and end with the status, and tell what happened", async () => {
    await settle();
    world.answers.failures.clear();
    world.clock.advance(seconds(60));
    await world.probe("bad");
    await world.probe("bad");
    const { incidents, total } = await list();
    expect(total).toBe(1);
    expect(incidents[0]).toMatchObject({
      title: "bad was down for 1m 2s (http_status)".replace(" 2s", ""),
      from: "2025-09-15T13:30:04Z",
      to: "2025-09-15T13:31:06Z",
      seconds: 62,
    });
    const one = (await world.json(`/api/v1/incidents/${incidents[0]?.id}`)) as unknown as Incident;
    expect(one.events?.map(({ text }) => text)).toEqual([
      "became unhealthy, was unknown (http_status)",
      "became healthy, was unhealthy",
    ]);
    expect((await list("?kind=group")).incidents.map(({ name }) => name)).toEqual(["shop"]);
    expect((await list("?group=shop")).total).toBe(1);
    expect((await list("?name=good")).total).toBe(0);
  });

  it("go on over a restart, whose length does not count", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const clock = manualClock(START);
    const failing = async (open: OpenStore): Promise<PageWorld> => {
      const started = await pageWorld(YAML, { ...open.store, clock });
      started.answers.failures.set("http://bad", "status 503");
      return started;
    };
    {
      await using open = await openTestStore(path, { clock });
      await using first = await failing(open);
      await first.probe("bad", "bad", "bad");
    }
    clock.advance(seconds(1000));
    await using open = await openTestStore(path, { clock });
    await using second = await failing(open);
    await second.probe("bad");
    clock.advance(seconds(100));
    const { item } = (await second.json("/api/v1/targets/bad")) as unknown as SubjectPage;
    expect(item).toMatchObject({ status: "unhealthy", since: "2025-09-15T13:30:00Z" });
    second.answers.failures.clear();
    await second.probe("bad", "bad");
    const { incidents } = (await second.json("/api/v1/incidents?name=bad")) as unknown as IncidentList;
    expect(incidents).toMatchObject([
      {
        from: "2025-09-15T13:30:00Z",
        to: "2025-09-15T13:48:20Z",
        seconds: 100,
        unobserved_seconds: 1000,
        flaps: 0,
      },
    ]);
  });

  it("have a feed that readers can keep", async () => {
    await settle();
    const first = await world.ask("/incidents.atom");
    expect(first.headers.get("content-type")).toBe("application/atom+xml; charset=utf-8");
    expect(first.text).toContain("<title>bad is down</title>");
    world.clock.advance(seconds(5));
    const again = await world.ask("/incidents.atom", {
      headers: { "If-None-Match": first.headers.get("etag") ?? "" },
    });
    expect([again.status, again.text]).toEqual([304, ""]);
  });
});

describe("dependencies", () => {
  it("explain what is down behind them", async () => {
    await using other = await pageWorld(`
control: { token_file: token }
modules: { web: { prober: scripted, timeout: 2s } }
targets:
  - { name: gateway, module: web, target: "http://bad", schedule: interval, interval: 1h }
  - { name: shop, module: web, target: "http://shop", schedule: interval, interval: 1h, depends_on: [gateway] }
`);
    other.answers.failures.set("http://bad", "no route").set("http://shop", "no answer");
    for (let i = 0; i < 3; i += 1) await other.probe("gateway", "shop");
    other.clock.advance(seconds(3));
    const { items, summary } = (await other.json("/api/v1/overview")) as unknown as Overview;
    expect(items.map(({ name, depends_on, blocked_by }) => [name, depends_on, blocked_by])).toEqual([
      ["gateway", undefined, undefined],
      ["shop", ["gateway"], "gateway"],
    ]);
    expect(summary).toContain("shop (because gateway is down");
    const { dependents } = (await other.json("/api/v1/targets/gateway")) as unknown as SubjectPage;
    expect(dependents).toEqual([{ kind: "target", name: "shop", status: "unhealthy" }]);
    const { incidents } = (await other.json("/api/v1/incidents?name=shop")) as unknown as IncidentList;
    expect(incidents[0]?.blocked_by).toBe("gateway");
  });
});

describe("controlling", () => {
  it("is offered only with a token, and each operation works", async () => {
    await settle();
    const { operations } = await subject("targets/good");
    expect(operations.map(({ name }) => name)).toEqual([
      "probe",
      "force-fallback",
      "force-primary",
      "release",
      "begin-maintenance",
    ]);
    for (const { method, path, parameters } of operations) {
      const query = parameters.includes("for") ? `${path.includes("?") ? "&" : "?"}for=10m` : "";
      const { status } = await world.control(method, path + query);
      expect([path, status < 300]).toEqual([path, true]);
    }
    world.clock.advance(seconds(1));
    const end = (await subject("targets/good")).operations.find(({ name }) => name === "end-maintenance");
    expect((await world.control(end?.method ?? "", end?.path ?? "")).status).toBe(200);
    await using without = await pageWorld(YAML.replace("control: { token_file: token }", ""));
    expect(((await without.json("/api/v1/targets/good")) as unknown as SubjectPage).operations).toEqual([]);
  });

  it("is written down with what came of it, also what failed, and not what had no token", async () => {
    await world.probe("good");
    await world.control("POST", "/config/force/nonsense?target=good");
    await world.ask("/api/v1/targets/good/probe", { method: "POST" });
    const { control } = (await world.json("/api/v1/operations")) as unknown as OperationsPage;
    expect(control.map(({ method, path, status }) => [method, path, status])).toEqual([
      ["POST", "/config/force/nonsense?target=good", 404],
      ["POST", "/api/v1/targets/good/probe", 200],
    ]);
    expect(JSON.stringify(control)).not.toContain(TOKEN);
  });

  it("shows no password and no query of an address anywhere", async () => {
    await settle();
    for (const path of [
      "/",
      "/api/v1/overview",
      "/api/v1/targets/good",
      "/status.json",
      "/api/v1/operations",
    ]) {
      expect((await world.ask(path)).text).not.toMatch(/hunt|er22|queryvalue/);
    }
  });
});
