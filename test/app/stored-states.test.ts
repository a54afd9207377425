import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemory, type Memory, type StateStore } from "../../src/core/memory.ts";
import { failed, type Prober } from "../../src/core/prober.ts";
import { CONTEXT_API_ROUTES, ROUTES } from "../../src/server/route-table.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { waitUntil } from "../helpers/process.ts";

const TOKEN = "control-token-of-the-test";
const web: Prober = {
  kind: "web",
  metrics: [],
  reasons: ["connect"],
  schema: {},
  // So that its results are stored.
  costly: true,
  compile: (options) => options,
  probe: async () => ({ outcome: failed("connect", "refused"), samples: [] }),
};

const YAML = `
control: { token_file: token }
modules: { web: { prober: web, timeout: 1s } }
targets:
  - { name: shop, module: web, target: "http://shop", schedule: interval, interval: 1h, failover: {}, budget: { tokens: 1000, per: day } }
  - { name: spare, module: web, target: "http://spare", schedule: interval, interval: 1h, failover: {} }
heartbeats: [{ name: box, timeout: 2m }, { name: nightly, schedule: "0 3 * * *", grace: 1h }]
groups: [{ name: all, members: [shop, box], components: [worker] }]
routes: [{ name: route, order: [shop, spare] }]
maintenance: [{ name: night, targets: [spare], cron: "0 3 * * *", duration: 1h, time_zone: UTC }]
relays: [{ name: phone, token_file: token, url: "http://127.0.0.1:1" }]
actions: [{ name: restart, token_file: token, match: { alertname: Down }, run: [/bin/true] }]
webhooks: [{ name: hook, url: "http://127.0.0.1:1", events: [mode, status, heartbeat.offline] }]
notify: [{ name: team, slack: { url: "http://127.0.0.1:1" } }]
pages: [{ path: /public, groups: [all], show: [reasons, latency] }]
`;

/** What the store has of each part, as JSON, so that no two exporters share an object. */
type Stored = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A memory that begins with what is stored, and tells what it has. */
function memoryOf(stored: Stored): Memory & { readonly contents: () => Stored } {
  const memory = createMemory();
  const names = new Set(Object.keys(stored));
  const namespace = (name: string): StateStore => {
    names.add(name);
    return memory.namespace(name);
  };
  for (const [name, values] of Object.entries(stored))
    for (const [key, json] of Object.entries(values)) namespace(name).put(key, JSON.parse(json));
  return {
    ...memory,
    namespace,
    contents: () =>
      Object.fromEntries(
        [...names].map((name) => [
          name,
          Object.fromEntries(
            [...memory.namespace(name).entries()].map(([key, value]) => [key, JSON.stringify(value)]),
          ),
        ]),
      ),
  };
}

const start = (memory: Memory): Promise<LocalExporter> =>
  startLocalExporter({ yaml: YAML, probers: [web], files: { token: TOKEN }, memory });

const NAMES = ["shop", "spare", "box", "nightly", "all", "worker", "route", "phone", "restart", "team"];

/** Every GET route, with every name. */
const PATHS = [...ROUTES, ...CONTEXT_API_ROUTES]
  .filter((route) => route.get !== undefined)
  .flatMap(({ path }) =>
    path.includes(":name")
      ? NAMES.map((name) => path.replace(":name", name).replaceAll(/:\w+/g, "1"))
      : [path.replace(":file", "shop.svg").replaceAll(/:\w+/g, "1")],
  )
  .concat([
    "/public",
    "/public/status.json",
    "/config/mode?target=shop",
    "/config/mode?target=spare",
    "/status?target=shop",
    "/heartbeat/status?target=shop",
  ]);

/** Reads every GET route; returns those that answer 500. */
async function failures({ url }: LocalExporter): Promise<readonly string[]> {
  const answers = await Promise.all(
    PATHS.flatMap((path) =>
      (path === "/" ? ["text/html", "application/json"] : ["*/*"]).map(async (accept) => {
        const response = await fetch(url + path, {
          headers: { Accept: accept, Authorization: `Bearer ${TOKEN}` },
        });
        const { status } = response;
        await response.body?.cancel();
        return status === 500 ? [`${path} as ${accept}`] : [];
      }),
    ),
  );
  return answers.flat();
}

/** Uses everything that is stored, by the routes. */
async function use({ url }: LocalExporter): Promise<void> {
  const send = async (method: string, path: string, body?: unknown): Promise<void> => {
    const response = await fetch(url + path, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status >= 300)
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  const alerts = [
    {
      status: "firing",
      labels: { alertname: "Down", heartbeat: "box", target: "shop" },
      annotations: {},
      startsAt: "2026-01-01T00:00:00Z",
      endsAt: "0001-01-01T00:00:00Z",
      fingerprint: "a",
    },
  ];
  const notification = {
    version: "4",
    status: "firing",
    receiver: "r",
    groupKey: "g",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://a",
    truncatedAlerts: 0,
    alerts,
  };
  await send("POST", "/config/force/fallback?target=shop&for=10m");
  await send("POST", "/config/failover?target=spare");
  await send("POST", "/api/v1/maintenance?target=shop&for=1h");
  await send("POST", "/api/v1/maintenance?heartbeat=box&for=1h");
  await send("POST", "/route/route/force/shop?for=1h");
  await send("POST", "/route/route/exclude/spare?for=1h");
  await send("POST", "/ping/box/start");
  await send("POST", "/ping/box");
  await send("POST", "/ping/nightly/fail");
  await send("PUT", "/api/v1/components/worker", { status: "unhealthy", ttl: "1h", metrics: { a: 1 } });
  await send("POST", "/alertmanager/relay/phone", notification);
  await send("POST", "/alertmanager/actions/restart", notification);
  await waitUntil("probes of both", async () =>
    (await (await fetch(`${url}/metrics`)).text()).includes('probe_success{target="spare"')
      ? true
      : undefined,
  );
}

/** Numbers that are no times, no durations or no counts. */
const ODD_NUMBERS: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    1e15,
    -1e15,
    8.64e12,
    8.64e15,
    253_402_300_800,
    -62_135_596_801,
    1e308,
    -1e308,
    -1,
    0,
    0.5,
    2 ** 53,
    2 ** 31,
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Stands for a value that stays. */
const KEEP = Symbol("keep");

/** The next change of a number, and of any other value. Few others are changed, because most of those make a whole state invalid. */
interface Changes {
  readonly number: () => unknown;
  readonly other: () => unknown;
}

/** Replaces some values in JSON, at any depth. */
function oddly(value: unknown, changes: Changes): unknown {
  const odd = typeof value === "number" ? changes.number() : changes.other();
  if (odd !== KEEP) return odd;
  if (Array.isArray(value)) return value.map((one: unknown) => oddly(one, changes));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, oddly(one, changes)]));
}

/** Returns the elements of a list in turn. */
function inTurn(list: readonly unknown[]): () => unknown {
  let at = 0;
  return () => list[at++ % list.length];
}

describe("whatever is stored", () => {
  test("is readable by every GET route, or left out", { timeout: 300_000 }, async () => {
    const first = memoryOf({});
    {
      await using exporter = await start(first);
      await use(exporter);
      expect(await failures(exporter)).toEqual([]);
    }
    const valid = first.contents();
    const parts = Object.entries(valid).filter(([, values]) => Object.keys(values).length > 0);
    // Otherwise the test would say nothing about them.
    expect(parts.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        "failover",
        "heartbeats",
        "maintenance",
        "routes",
        "components",
        "statuses",
        "actions",
        "engine/results",
        "control/audit",
      ]),
    );
    const numbers = fc.array(
      fc.oneof({ weight: 4, arbitrary: fc.constant(KEEP) }, { weight: 1, arbitrary: ODD_NUMBERS }),
      { minLength: 97, maxLength: 97 },
    );
    const others = fc.array(
      fc.oneof(
        { weight: 80, arbitrary: fc.constant(KEEP) },
        {
          weight: 1,
          arbitrary: fc.oneof(fc.constantFrom(null, "", "x", true, [], {}), fc.string(), ODD_NUMBERS),
        },
      ),
      { minLength: 101, maxLength: 101 },
    );
    await fc.assert(
      fc.asyncProperty(numbers, others, async (number, other) => {
        const changed = { number: inTurn(number), other: inTurn(other) };
        const stored = Object.fromEntries(
          parts.map(([name, values]) => [
            name,
            Object.fromEntries(
              Object.entries(values).map(([key, json]) => [
                key,
                JSON.stringify(oddly(JSON.parse(json), changed)),
              ]),
            ),
          ]),
        );
        await using exporter = await start(memoryOf(stored));
        const found = await failures(exporter);
        const errors = exporter.logged.filter(({ message }) => /bug/.test(message));
        expect([found, errors]).toEqual([[], []]);
      }),
      // The state of the exporter that fails is printed; a smaller one says little more, and each takes seconds.
      { numRuns: Number(process.env["STORED_RUNS"] ?? 8), endOnFailure: true },
    );
  });

  test("and cannot be read is said in the log, for each part that people or money depend on", {
    timeout: 300_000,
  }, async () => {
    const first = memoryOf({});
    {
      await using exporter = await start(first);
      await use(exporter);
    }
    const silent: string[] = [];
    for (const [name, values] of Object.entries(first.contents())) {
      const nonsense = Object.fromEntries(Object.keys(values).map((key) => [key, '"nonsense"']));
      if (Object.keys(values).length === 0) continue;
      await using exporter = await start(memoryOf({ [name]: nonsense }));
      const isSaid = exporter.logged.some(({ message }) => /stored .* cannot be read/.test(message));
      if (!isSaid) silent.push(name);
    }
    // Counts, records of what was done, and what the next probes and alerts tell again.
    expect(silent).toEqual([
      "engine/results",
      "metrics/totals",
      "heartbeat-ids",
      "statuses",
      "actions-audit",
      "webhooks",
      "notify",
      "relay-ledger/phone",
      "relay-audit/phone",
      "control/audit",
    ]);
  });

  test.each([8.64e15, -1e15, 253_402_300_800])(
    "of a mode that is forced until %s is left out with a line in the log",
    async (until) => {
      const first = memoryOf({});
      {
        await using exporter = await start(first);
        await use(exporter);
      }
      const stored = Object.fromEntries(
        Object.entries(first.contents()).map(([name, values]) => [
          name,
          Object.fromEntries(
            Object.entries(values).map(([key, json]) => [
              key,
              json.replaceAll(/"until":[\d.e+]+/g, `"until":${until}`),
            ]),
          ),
        ]),
      );
      await using exporter = await start(memoryOf(stored));
      expect(await failures(exporter)).toEqual([]);
      const response = await fetch(`${exporter.url}/config/mode?target=shop`);
      expect(await response.json()).toMatchObject({ forced: false, current_mode: "primary" });
      expect(exporter.logged).toContainEqual({
        level: "warn",
        message: "the stored mode and streaks of a target cannot be read and are left out",
        fields: { target: "shop" },
      });
    },
  );

  test.each(["99999999999999y", "293y", "-1s", "1e9s", "0", "", "x"])(
    "refuses ?for=%s on every route that takes it",
    async (text) => {
      await using exporter = await start(memoryOf({}));
      for (const path of [
        "/config/force/fallback?target=shop",
        "/api/v1/maintenance?target=shop",
        "/route/route/force/shop?",
        "/route/route/exclude/shop?",
      ]) {
        const response = await fetch(`${exporter.url}${path}&for=${text}`, {
          method: "POST",
          headers: { Authorization: `Bearer ${TOKEN}` },
        });
        expect([path, response.status]).toEqual([path, 400]);
      }
      expect(await failures(exporter)).toEqual([]);
    },
  );
});
