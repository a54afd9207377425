import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RESERVED_SEGMENTS } from "../../src/core/public-page.ts";
import { seconds } from "../../src/core/units.ts";
import type { PublicView } from "../../src/page/model/public-view.ts";
import { CONTEXT_API_ROUTES, ROUTES } from "../../src/server/route-table.ts";
import { HOSTILE_TEXTS, INVISIBLE } from "../helpers/hostile.ts";
import { parseXml } from "../helpers/xml.ts";
import { logBeat, type PageWorld, pageWorld, TOKEN } from "./page-world.ts";

/** Everything that is not chosen has `secret` in its name or text. */
const YAML = `
control: { token_file: token }
modules:
  web: { prober: scripted, timeout: 2s }
  secret-module: { prober: scripted, timeout: 3s }
targets:
  - { name: shop, module: web, target: "http://secret-user:secret-pass@shop.example/secret-path?secret=query", schedule: interval, interval: 1h, labels: { team: secret-team }, failover: {} }
  - { name: cart, module: web, target: "http://cart.example", schedule: interval, interval: 1h, critical: true }
  - { name: secret-target, module: secret-module, target: "http://secret.example", schedule: interval, interval: 1h }
heartbeats:
  - { name: box, timeout: 2m, owner: secret-owner, hostname: secret-host, description: secret-description }
  - { name: secret-beat, timeout: 2m }
groups:
  - { name: front, members: [shop, cart, box], labels: { secret: secret-label } }
  - { name: secret-group, members: [secret-target, secret-beat], description: secret-group-description }
  - { name: all, members: [front], components: [worker] }
maintenance:
  - { name: secret-window, targets: [shop], cron: "0 3 * * *", duration: 1h, time_zone: UTC }
relays: [{ name: secret-relay, token_file: token, url: "http://127.0.0.1:1/secret" }]
pages:
  - { path: /public, title: Shop, groups: [front], announcement: "We move <b>tonight</b>" }
  - { path: /public/more, groups: [front, all], show: [addresses, reasons, latency] }
`;

let world: PageWorld;
beforeEach(async () => {
  world = await pageWorld(YAML);
  world.answers.failures.set("http://cart.example", "secret-answer of a target");
  world.answers.failures.set("http://secret.example", "secret-answer of another target");
  world.answers.beats.set("http://cart.example", [logBeat("/secret/log")]);
  await world.probe("cart", "cart", "cart", "shop", "secret-target", "secret-target", "secret-target");
  await world.ask("/ping/secret-beat");
  await world.ask("/api/v1/components/worker", {
    method: "PUT",
    headers: { Authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ status: "degraded", message: "secret-message", metrics: { secret_metric: 1 } }),
  });
  await world.control("POST", "/api/v1/maintenance?target=shop&for=1h");
  world.clock.advance(seconds(5));
});
afterEach(() => world[Symbol.asyncDispose]());

const view = async (path: string): Promise<PublicView> => (await world.json(path)) as unknown as PublicView;
const forms = [
  {},
  { Accept: "text/html" },
  { Accept: "application/json" },
  { Accept: "text/plain" },
] as const;

describe("a public view", () => {
  it("shows chosen groups and nothing else, in every form", async () => {
    for (const path of ["/public", "/public.json", "/public?embed"]) {
      for (const headers of forms) {
        const { status, text } = await world.ask(path, { headers: headers as Record<string, string> });
        expect(status).toBe(200);
        expect(text).toContain("cart");
        expect(text).not.toMatch(/secret|http_status|example|0\.25|worker/);
        expect(text).not.toContain(TOKEN);
      }
    }
    const shown = await view("/public.json");
    expect(shown.groups.map(({ name, items }) => [name, items.map((item) => item.name)])).toEqual([
      ["front", ["shop", "cart", "box"]],
    ]);
    expect(shown.incidents.map(({ name, to }) => [name, to])).toEqual([["cart", null]]);
    expect(shown.summary).toBe("1 of 3 is down: cart; 1 unknown");
    expect(shown).toMatchObject({
      title: "Shop",
      announcement: "We move <b>tonight</b>",
      status: "unhealthy",
    });
    expect(Object.keys(shown.groups[0]?.items[0] ?? {}).toSorted()).toEqual([
      "days",
      "kind",
      "maintenance",
      "name",
      "since",
      "status",
      "uptime",
    ]);
  });

  it("shows addresses, reasons and latency if wished, and still no answer of a target and no credentials", async () => {
    for (const headers of forms) {
      const { text } = await world.ask("/public/more", { headers: headers as Record<string, string> });
      expect(text).not.toMatch(/secret-(?!path)/);
      expect(text).toContain("http_status");
    }
    const { groups, summary, title } = await view("/public/more.json");
    expect([title, summary]).toEqual(["Status", "1 of 4 is down: cart (http_status); 1 degraded, 1 unknown"]);
    expect(groups[0]?.items[0]).toMatchObject({
      name: "shop",
      address: "http://<secret>@shop.example/secret-path?secret=<secret>",
      maintenance: true,
      reason: null,
    });
    expect(groups[0]?.items[1]).toMatchObject({ name: "cart", reason: "http_status" });
    expect(groups[0]?.items[1]?.latency?.at(-1)).toBe(0.25);
    expect(groups[1]?.items.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "group front",
      "component worker",
    ]);
  });

  it("can be kept: by its tag, for a few seconds, by proxies too", async () => {
    const first = await world.ask("/public.json");
    expect(first.headers.get("cache-control")).toBe("public, max-age=15");
    const etag = first.headers.get("etag") ?? "";
    world.clock.advance(seconds(20));
    const again = await world.ask("/public.json", { headers: { "If-None-Match": etag } });
    expect([again.status, again.text]).toEqual([304, ""]);
    world.answers.failures.clear();
    await world.probe("cart", "cart");
    world.clock.advance(seconds(20));
    const changed = await world.ask("/public.json", { headers: { "If-None-Match": etag } });
    expect([changed.status, JSON.parse(changed.text).summary]).toEqual([200, "1 of 3 is unknown: box"]);
  });

  it("cannot be written to, and has no path that is near it", async () => {
    const { status, headers } = await world.ask("/public", { method: "POST" });
    expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    for (const path of ["/PUBLIC", "/public/", "/public.json.json", "/public/nope", "/status.json/x"]) {
      expect([path, (await world.ask(path)).status]).toEqual([path, 404]);
    }
    expect((await world.ask("/public", { method: "HEAD" })).text).toBe("");
  });

  it("is gone with --web.page=off", async () => {
    await using off = await pageWorld(YAML, { showsPage: false });
    expect((await off.ask("/public")).status).toBe(404);
  });

  it("cannot have the path of a route", () => {
    const segments = [...ROUTES, ...CONTEXT_API_ROUTES].map(({ path }) => path.split("/")[1] ?? "");
    // Those of pings, and of what people read.
    const others = ["ping", "page", "assets", "runbooks"];
    expect([...RESERVED_SEGMENTS].toSorted()).toEqual(
      [...new Set([...segments, ...others])].filter((segment) => segment !== "").toSorted(),
    );
  });
});

describe("/status.json", () => {
  it("is everything in the same shape", async () => {
    const { groups, title } = await view("/status.json");
    expect(title).toBe("Status");
    expect(new Set(groups.map(({ name }) => name))).toEqual(new Set(["all", "front", "secret-group", null]));
  });
});

describe("a badge", () => {
  it.each([
    ["/badge/cart.svg", 200, "cart: down"],
    ["/badge/shop.svg", 200, "shop: up, maintenance"],
    ["/badge/box.svg", 200, "box: unknown"],
    ["/badge/front.svg?label=Our%20shop", 200, "Our shop: down"],
    ["/badge/cart.svg?show=uptime&window=7d", 200, "cart uptime 7d: 0.00%"],
    ["/badge/box.svg?show=uptime", 200, "box uptime 30d: unknown"],
    ["/badge/cart.svg?show=latency", 200, "cart latency: 250 ms"],
    ["/badge/front.svg?show=latency", 200, "front latency: unknown"],
    ["/badge/nope.svg", 404, "nope: not found"],
    ["/badge/%3Cscript%3E.svg", 404, "<script>: not found"],
    ["/badge/__proto__.svg", 404, "__proto__: not found"],
  ])("of %s says what it is", async (path, status, label) => {
    const response = await world.ask(path);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("image/svg+xml; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("public, max-age=15");
    expect(parseXml(response.text).attributes["aria-label"]).toBe(label);
  });

  it.each([
    ["/badge/cart", 404, 'badge: got "cart", want NAME.svg\n'],
    ["/badge/.svg", 404, 'badge: got ".svg", want NAME.svg\n'],
    ["/badge/cart.svg?show=x", 400, 'show: got "x", want one of status, uptime, latency\n'],
    ["/badge/cart.svg?window=1y", 400, 'window: got "1y", want one of 1h, 24h, 7d, 30d, 90d\n'],
  ])("is refused for %s", async (path, status, text) => {
    expect(await world.ask(path)).toMatchObject({ status, text });
  });
});

describe.each(Object.entries(HOSTILE_TEXTS))("a hostile text: %s", (_name, hostile) => {
  const address = "http://cart.example";
  it("stays a text in JSON, SVG, Atom, tables and headers", async () => {
    world.answers.failures.set(address, hostile);
    world.answers.beats.set(address, [logBeat(hostile)]);
    await world.ask("/api/v1/components/worker", {
      method: "PUT",
      headers: { Authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ status: "unhealthy", message: hostile }),
    });
    await world.ask("/ping/box/fail", { method: "POST", body: hostile });
    const facts = new URLSearchParams({ hostname: hostile, description: hostile }).toString();
    await world.ask(`/ping/box?${facts}`);
    await world.probe("cart");
    await world.ask("/ping/box/fail");
    world.clock.advance(seconds(11));
    const name = encodeURIComponent(hostile.toWellFormed());
    const paths = [
      "/",
      "/api/v1/overview",
      `/api/v1/overview?text=${name.slice(0, 60).replace(/%.?$/, "")}`,
      "/api/v1/targets/cart",
      "/api/v1/components/worker",
      "/api/v1/heartbeats/box",
      `/api/v1/heartbeats/${name}`,
      "/api/v1/groups/all",
      "/api/v1/incidents",
      "/incidents.atom?kind=component",
      "/status.json",
      "/public",
      "/public/more",
      `/badge/${name}.svg`,
      `/badge/cart.svg?label=${name.slice(0, 60).replace(/%.?.?$/, "")}`,
    ];
    for (const path of paths) {
      const { status, headers, text } = await world.ask(path);
      const type = headers.get("content-type") ?? "";
      // An endless name is no address: Node.js refuses it before the exporter sees it.
      if (hostile.length > 1000 && status === 431) continue;
      expect([path, status < 500]).toEqual([path, true]);
      if (type.includes("json")) JSON.parse(text);
      else if (type.includes("svg") || type.includes("atom")) parseXml(text);
      if (!type.includes("json")) expect([path, INVISIBLE.test(text)]).toEqual([path, false]);
      expect(text.length).toBeLessThan(200_000);
    }
    const target = (await world.json("/api/v1/targets/cart"))["item"] as unknown as { detail: string };
    expect(target.detail.length).toBeLessThan(500);
    expect(target.detail).not.toMatch(INVISIBLE);
  });
});
