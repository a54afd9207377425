import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { send } from "../helpers/listeners.ts";

/** Succeeds or fails by the scheme of the address, and logs the number of the probe. */
function counting(): Prober {
  let count = 0;
  return {
    kind: "counting",
    metrics: [],
    reasons: ["connect"],
    schema: {},
    costly: false,
    compile: (options) => options,
    probe: async ({ address }, _module, { log }) => {
      count += 1;
      log("counted", { count, text: "of some length ".repeat(60) });
      return {
        outcome: address.startsWith("ok:") ? succeeded : failed("connect", "<i>refused"),
        samples: [],
      };
    },
  };
}

const YAML = `
modules:
  one: { prober: counting }
  two: { prober: counting }
targets:
  - { name: shop, module: one, target: "ok://shop/a" }
`;

let exporter: LocalExporter;
beforeAll(async () => {
  exporter = await startLocalExporter({ yaml: YAML, probers: [counting()], routePrefix: "/hb" });
});
afterAll(() => exporter[Symbol.asyncDispose]());

const ask = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${exporter.url}/hb${path}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

/** Probes, and returns the number of the probe in its log. */
async function probe(target: string, module?: string): Promise<number> {
  const query = new URLSearchParams({ target, ...(module === undefined ? {} : { module }), debug: "true" });
  return countIn((await ask(`/probe?${query.toString()}`)).text);
}

const countIn = (text: string): number => Number(/counted count=(\d+)/.exec(text)?.[1]);

const logOf = (parameters: Record<string, string>) =>
  ask(`/logs?${new URLSearchParams(parameters).toString()}`);

describe("/logs?target=&module=", () => {
  it("is the newest probe of the two, and not one of another module", async () => {
    // Three probes are kept.
    await probe("ok://a", "one");
    const newest = await probe("ok://a", "one");
    await probe("ok://a", "two");
    const { status, headers, text } = await logOf({ target: "ok://a", module: "one" });
    expect([status, countIn(text)]).toEqual([200, newest]);
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(text).toMatch(
      /^Logs for the probe:\n[^]*\nMetrics that would have been returned:\n[^]*\nModule configuration:\n/,
    );
  });

  it("is the newest one also after a failure, while without a module the last failed one comes first", async () => {
    const bad = await probe("bad://b", "one");
    const good = await probe("ok://b", "one");
    expect(countIn((await logOf({ target: "bad://b", module: "one" })).text)).toBe(bad);
    expect(countIn((await logOf({ target: "ok://b" })).text)).toBe(good);
    const [failure, success] = [await probe("bad://c", "one"), await probe("bad://c", "two")];
    expect(failure).toBeLessThan(success);
    expect(countIn((await logOf({ target: "bad://c" })).text)).toBe(success);
  });

  it("finds a target by its name, and by its address as it was given to /probe", async () => {
    const byName = await probe("shop");
    for (const target of ["shop", "ok://shop/a"])
      expect(countIn((await logOf({ target, module: "one" })).text)).toBe(byName);
    const byAddress = await probe("ok://shop/a", "one");
    for (const target of ["shop", "ok://shop/a"])
      expect(countIn((await logOf({ target, module: "one" })).text)).toBe(byAddress);
    expect((await logOf({ target: "shop", module: "two" })).status).toBe(404);
  });

  it("finds an address with a password, which it does not show, and one that was encoded twice", async () => {
    const secret = await probe("ok://user:hunt@er22@d", "one");
    const { text } = await logOf({ target: "ok://user:hunt@er22@d", module: "one" });
    expect(countIn(text)).toBe(secret);
    expect(text).not.toMatch(/hunt|er22/);
    const encoded = await probe(encodeURIComponent("ok://e/f"), "one");
    for (const target of ["ok://e/f", encodeURIComponent("ok://e/f")])
      expect(countIn((await logOf({ target, module: "one" })).text)).toBe(encoded);
  });

  it.each([
    ["?id=", 400, 'id: got "", want the id of a recent probe; /logs lists them'],
    ["?id=x", 400, 'id: got "x", want the id of a recent probe; /logs lists them'],
    ["?id=-1", 400, 'id: got "-1", want the id of a recent probe; /logs lists them'],
    ["?id=1e3", 400, 'id: got "1e3", want the id of a recent probe; /logs lists them'],
    ["?id=999999", 404, 'id: got "999999", want the id of a recent probe; /logs lists them'],
    ["?id=1&target=shop", 400, "id, target: got both, want one of them"],
    ["?id=1&module=one", 400, "module: got it with id, want it with ?target="],
    [
      "?module=one",
      400,
      "target: got nothing, want ?target= with an address or the name of a configured target",
    ],
    [
      "?target=&module=one",
      400,
      "target: got nothing, want ?target= with an address or the name of a configured target",
    ],
    ["?target=<b>", 404, 'target: got "<b>", want a target with a recent probe; /logs lists them'],
    [
      "?target=<b>&module=<i>",
      404,
      'target: got "<b>", want a target with a recent probe by module "<i>"; /logs lists them',
    ],
  ])("%s returns %i", async (query, status, text) => {
    const answer = await ask(`/logs${query}`);
    expect(answer).toMatchObject({ status, text: `${text}\n` });
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  });
});

describe("/logs", () => {
  it("lists recent probes with links, the newest first, as text for curl", async () => {
    await probe("bad://list", "two");
    await probe("ok://list\u202e", "one");
    for (const headers of [{}, { Accept: "*/*" }]) {
      const { headers: given, text } = await ask("/logs", headers);
      expect(given.get("content-type")).toBe("text/plain; charset=utf-8");
      const [first = "", second = ""] = text.split("\n");
      expect(first).toMatch(
        /^\/hb\/logs\?id=\d+ {2}\S+Z {2}ok:\/\/list\\u\{202e\} {2}one {2}\d+\.\d{3}s {2}success$/,
      );
      expect(second).toMatch(/ {2}bad:\/\/list {2}two {2}\d+\.\d{3}s {2}connect: <i>refused$/);
      const [link = ""] = second.split("  ");
      const shown = await fetch(exporter.url + link);
      expect(await shown.text()).toContain("probe failed (connect): <i>refused");
    }
  });

  it("is a page for browsers", async () => {
    await probe("bad://<b>page", "two");
    const { headers, text } = await ask("/logs", { Accept: "text/html,*/*;q=0.8" });
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("vary")).toContain("Accept");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(text).toContain("bad://&lt;b>page (two)");
    const link = /href="([^"]*)"[^>]*>Log<\/a><span class="detail"><bdi>bad:/.exec(text)?.[1] ?? "";
    expect(link).toMatch(/^\/hb\/logs\?id=\d+$/);
    expect(await (await fetch(exporter.url + link)).text()).toContain("probe failed (connect)");
  });

  it("is a plain table for browsers with --web.page=off", async () => {
    await using off = await startLocalExporter({ yaml: YAML, probers: [counting()], showsPage: false });
    await fetch(`${off.url}/probe?module=two&target=bad://<b>plain`);
    const response = await fetch(`${off.url}/logs`, { headers: { Accept: "text/html" } });
    const text = await response.text();
    expect(text).toContain("<td>bad://&lt;b&gt;plain</td><td>two</td><td>failure: connect</td>");
    const [, link = ""] = /<a href="(\/logs\?id=\d+)">log<\/a>/.exec(text) ?? [];
    expect(await (await fetch(off.url + link)).text()).toContain("probe failed (connect)");
  });

  it("is JSON for programs that ask for it", async () => {
    await probe("ok://json", "one");
    const { headers, text } = await ask("/logs", { Accept: "application/json" });
    expect(headers.get("content-type")).toContain("application/json");
    expect(JSON.parse(text)).toMatchObject({
      probes: expect.arrayContaining([expect.objectContaining({ target: "ok://json", ok: true })]),
    });
  });

  it("is compressed when asked to be, as are logs", async () => {
    for (let i = 0; i < 10; i += 1) await probe(`ok://long${"-word".repeat(80)}${i}`, "one");
    const { hostname: host, port } = new URL(exporter.url);
    for (const path of ["/hb/logs", `/hb/logs?target=ok://long${"-word".repeat(80)}9&module=one`]) {
      const { headers, body } = await send({ host, port, path, headers: { "Accept-Encoding": "gzip" } });
      expect([path, headers["content-encoding"]]).toEqual([path, "gzip"]);
      expect(gunzipSync(body).toString()).toContain(path === "/hb/logs" ? "ok://long" : "counted");
    }
  });
});
