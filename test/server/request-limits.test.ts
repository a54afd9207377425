import bcrypt from "bcryptjs";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAuthFailures } from "../../src/core/auth-failures.ts";
import type { Log } from "../../src/core/log.ts";
import { createRefusals } from "../../src/core/refusals.ts";
import { seconds } from "../../src/core/units.ts";
import { createGuessLimit } from "../../src/server/guess-limit.ts";
import { createRateLimit, retryAfter } from "../../src/server/rate-limit.ts";
import { manualClock } from "../helpers/clock.ts";
import { startExporter } from "../helpers/exporter.ts";
import { placeOf, send } from "../helpers/listeners.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const TOKEN = "control-token-of-the-test";
const CONFIG = `
control: { token: ${TOKEN} }
modules: { http_2xx: { prober: http, timeout: 1s } }
targets: [{ name: shop, module: http_2xx, target: "http://127.0.0.1:1", schedule: on_scrape, failover: {} }]
heartbeats: [{ name: sample, token: ping-token }]
`;

async function started(
  yaml: string,
  files: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
) {
  const folder = await temporaryFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  for (const [name, text] of Object.entries(files)) await folder.write(name, text);
  const args = more.map((arg) => arg.replace("=web.yml", `=${folder.path}/web.yml`));
  const exporter = await startExporter({ yaml, args: ["--web.listen-address=[::]:0", ...args] });
  onTestFinished(() => exporter[Symbol.asyncDispose]());
  const port = Number(new URL(exporter.url).port);
  /** Sends a request from an address of this machine: each of 127.0.0.0/8 is one. */
  const ask = (path: string, { from = "127.0.0.1", token = "", method = "POST" } = {}) =>
    send({
      ...placeOf(`http://127.0.0.1:${port}`),
      localAddress: from,
      method,
      path,
      headers: token === "" ? {} : { Authorization: `Bearer ${token}` },
    });
  return { exporter, ask };
}

describe("control tokens", () => {
  test("guesses from one source are refused unchecked, counted and named, and keep no other source out", async () => {
    const { exporter, ask } = await started(CONFIG);
    const force = "/config/force/fallback";
    const from = "127.0.0.2";
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ask(force, { from, token: `guess-${i}` })),
    );
    const statuses = answers.map(({ status }) => status);
    expect([401, 429].map((status) => statuses.filter((one) => one === status).length)).toEqual([10, 30]);
    const limited = answers.find(({ status }) => status === 429);
    expect(Number(limited?.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    expect(Number(limited?.headers["retry-after"])).toBeLessThanOrEqual(6);
    // A right guess is not told apart from a wrong one while the source is limited, on any control route.
    expect((await ask("/config/recovery", { from, token: TOKEN })).status).toBe(429);
    expect((await ask("/api/v1/maintenance", { from, token: TOKEN })).status).toBe(429);
    // What needs no token is answered, and a request without one is no guess.
    expect((await ask("/metrics", { from, method: "GET" })).status).toBe(200);
    expect((await ask(force, { from })).status).toBe(401);
    // The right token from elsewhere.
    expect((await ask(force, { token: TOKEN })).status).toBe(200);
    const text = await exporter.get("/metrics");
    expect(text).toMatch(/_auth_failures_total\{guard="control",credentials="wrong"\} 10$/m);
    expect(text).toMatch(/_refused_requests_total\{reason="control_rate"\} 32$/m);
    const log = exporter.process.output();
    expect(log).toMatch(/level=warn .*guard=control credentials=wrong .*from=\S*127\.0\.0\.2/);
    expect(log).toMatch(/level=warn .*reason=control_rate from=\S*127\.0\.0\.2/);
    expect(log).not.toContain("guess-");
    expect(log.split("\n").filter((line) => line.includes("127.0.0.2")).length).toBeLessThan(6);
  });

  test("a source that has shown the right one goes on, also while others behind its address guess", async () => {
    const { ask } = await started(CONFIG);
    expect((await ask("/config/recovery", { token: TOKEN })).status).toBe(200);
    for (let i = 0; i < 20; i += 1)
      expect((await ask("/config/recovery", { token: `guess-${i}` })).status).toBe(401);
    expect((await ask("/config/recovery", { token: TOKEN })).status).toBe(200);
  });

  test("many right ones at once, from a source that is not known yet, are all let in", async () => {
    const { ask } = await started(CONFIG);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask("/config/recovery", { token: TOKEN })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  test("guesses in place of a password are counted with those on control routes", async () => {
    const web = `basic_auth_users: { alice: ${bcrypt.hashSync("open sesame", 4)} }\n`;
    const { exporter, ask } = await started(CONFIG, { "web.yml": web }, ["--web.config.file=web.yml"]);
    const from = "127.0.0.4";
    for (let i = 0; i < 12; i += 1)
      expect((await ask("/metrics", { from, method: "GET", token: `guess-${i}` })).status).toBe(401);
    expect((await ask("/metrics", { from, method: "GET", token: TOKEN })).status).toBe(401);
    expect((await ask("/config/recovery", { from, token: TOKEN })).status).toBe(429);
    expect((await ask("/metrics", { method: "GET", token: TOKEN })).status).toBe(200);
    expect(exporter.process.output()).not.toContain("guess-");
  });
});

describe("pings", () => {
  test("a machine with a wrong token keeps none out that shares its address", async () => {
    const { ask } = await started(CONFIG);
    for (let i = 0; i < 60; i += 1) expect((await ask("/ping/sample", { token: "wrong" })).status).toBe(401);
    expect((await ask("/ping/sample", { token: "ping-token" })).status).toBe(200);
  });

  test("a stranger registers a hundred heartbeats at once, and no more", async () => {
    const { exporter, ask } = await started(`${CONFIG}heartbeat_registration: { open: true, max: 100000 }\n`);
    const from = "127.0.0.3";
    const statuses: number[] = [];
    for (let i = 0; i < 140; i += 1) {
      const { status, headers } = await ask(`/ping/new-${i}`, { from });
      statuses.push(status);
      if (status === 429) expect(headers["retry-after"]).toBe("1");
    }
    // One a second is added meanwhile.
    const registered = statuses.filter((status) => status === 200).length;
    expect(registered).toBeGreaterThanOrEqual(100);
    expect(registered).toBeLessThan(140);
    // Those that exist report on, and other sources register.
    expect((await ask("/ping/new-1", { from })).status).toBe(200);
    expect((await ask("/ping/elsewhere")).status).toBe(200);
    expect(await exporter.get("/metrics")).toMatch(
      /_refused_requests_total\{reason="registration_rate"\} [1-9]/,
    );
  });

  test("a fleet with the token registers at once", async () => {
    const { ask } = await started(`${CONFIG}heartbeat_registration: { token: fleet-token }\n`);
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, i) => ask(`/ping/machine-${i}`, { token: "fleet-token" })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe("a rate limit", () => {
  test("allows the burst, then one per interval, whatever the times are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
        (burst, interval, gaps) => {
          const clock = manualClock();
          const limit = createRateLimit({ burst, interval: seconds(interval) }, clock);
          let taken = 0;
          let elapsed = 0;
          for (const gap of gaps) {
            clock.advance(seconds(gap));
            elapsed += gap;
            const wait = limit.wait("a");
            if (limit.take("a") === 0) taken += 1;
            else {
              // After the wait that it tells, and not earlier, one is allowed.
              expect(wait).toBeGreaterThan(0);
              expect(wait).toBeLessThanOrEqual(interval);
            }
            expect(taken).toBeLessThanOrEqual(burst + Math.floor(elapsed / interval));
            expect(limit.wait("b")).toBe(0);
          }
          const wait = limit.wait("a");
          clock.advance(wait);
          expect(limit.take("a")).toBe(0);
        },
      ),
    );
  });

  test("remembers a bounded number of sources, and forgets those that have been quiet longest", () => {
    const clock = manualClock();
    const limit = createRateLimit({ burst: 1, interval: seconds(1000) }, clock, 3);
    limit.take("a");
    for (let i = 0; i < 3; i += 1) {
      expect(limit.wait("a")).toBe(1000);
      limit.take(`other-${i}`);
    }
    expect(limit.wait("a")).toBe(0);
    expect(limit.wait("other-2")).toBe(1000);
  });

  test("a wait of less than a second is told as one", () => {
    expect([0.01, 1, 1.2].map((wait) => retryAfter(seconds(wait)))).toEqual(["1", "1", "2"]);
  });
});

test("guesses that wait for the secret together are no more than those one after the other", async () => {
  const limit = createGuessLimit({ burst: 3, interval: seconds(60) }, manualClock());
  let compared = 0;
  const isRight = async (): Promise<boolean> => {
    await new Promise((resolve) => setImmediate(resolve));
    compared += 1;
    return false;
  };
  const guesses = await Promise.all(Array.from({ length: 100 }, () => limit.check("a", isRight)));
  expect(compared).toBe(3);
  expect(guesses.filter(({ kind }) => kind === "limited").length).toBe(97);
});

test("a secret that cannot be read is counted as no guess", async () => {
  const limit = createGuessLimit({ burst: 1, interval: seconds(60) }, manualClock());
  const unreadable = () => Promise.reject(new Error("no such file"));
  for (let i = 0; i < 5; i += 1) await expect(limit.check("a", unreadable)).rejects.toThrow("no such file");
  expect(await limit.check("a", async () => true)).toEqual({ kind: "right" });
});

test("each of ten sources is named once a minute, and no number of them floods the log", () => {
  const clock = manualClock();
  const lines: object[] = [];
  const ignore = (): void => {};
  const log: Log = { debug: ignore, info: ignore, error: ignore, warn: (fields) => void lines.push(fields) };
  const failures = createAuthFailures(clock, log);
  const refusals = createRefusals(clock, log);
  for (let i = 0; i < 1000; i += 1) {
    const from = `192.0.2.${i % 200}`;
    failures.record({ guard: "control", problem: "wrong", from });
    refusals.record({ reason: "host", detail: "a detail", from });
  }
  expect(lines.length).toBe(20);
  expect(lines[2]).toEqual({
    guard: "control",
    credentials: "wrong",
    name: undefined,
    from: "192.0.2.1",
    refused: 1,
  });
  clock.advance(seconds(61));
  refusals.record({ reason: "host", detail: "a detail", from: "192.0.2.1" });
  expect(lines.at(-1)).toEqual({ reason: "host", from: "192.0.2.1", refused: 991, detail: "a detail" });
});
