import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import { failed, type ProbeResult, type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { settle } from "../helpers/stand-in-prober.ts";

const YAML = `
control: { token_file: token }
modules: { scripted: { prober: scripted } }
targets:
  - { name: shop, module: scripted, target: shop, schedule: interval, interval: 30s, failure_threshold: 2, healthy_threshold: 1, expected_duration: 2s }
groups:
  - { name: front, members: [shop] }
  - { name: all, members: [front], components: [sync] }
`;

let clock: ReturnType<typeof manualClock>;
let history: ReturnType<typeof createMemoryHistory>;
let memory: Memory;
let exporter: LocalExporter;
/** The result of every probe from now on. */
let next: Omit<ProbeResult, "samples">;
let probed: number;

const scripted: Prober = {
  kind: "scripted",
  metrics: [],
  reasons: ["connect"],
  schema: {},
  costly: false,
  compile: () => ({}),
  probe: async () => {
    probed += 1;
    return { samples: [], duration: seconds(0.25), ...next };
  },
};

const start = async (yaml = YAML): Promise<void> => {
  exporter = await startLocalExporter({
    yaml,
    probers: [scripted],
    files: { token: "secret" },
    clock,
    history,
    memory,
  });
};
const restart = async (downFor = 0): Promise<void> => {
  await exporter[Symbol.asyncDispose]();
  clock.advance(seconds(downFor));
  memory = { ...memory, downFor: seconds(downFor) };
  await start();
};
const count = (): number => probed;
/** Lets the next probe of the schedule end with this result, and what follows from it. */
async function probe(result: Omit<ProbeResult, "samples">): Promise<void> {
  next = result;
  const before = count();
  while (count() === before) {
    clock.advance(seconds(5));
    await settle();
  }
  await settle();
  clock.advance(seconds(1));
}
const report = async (status: string, more: object = {}): Promise<void> => {
  const headers = { Authorization: "Bearer secret" };
  const init = { method: "PUT", headers, body: JSON.stringify({ status, ...more }) };
  expect((await fetch(`${exporter.url}/api/v1/components/sync`, init)).status).toBe(200);
};

/** Returns the lines about changes of status since the last call. */
function lines(): string[] {
  return exporter.logged
    .splice(0)
    .filter(({ message }) => /^(target|group|component) is /.test(message))
    .map(({ level, message, fields }) => {
      const { target, group, component, reason, detail } = fields as Record<string, string | undefined>;
      const why = [reason, detail].filter((one) => one !== undefined).join(": ");
      return `${level}: ${message.replace(" ", ` ${target ?? group ?? component} `)}${why === "" ? "" : `, ${why}`}`;
    });
}
/** Returns the events about changes of status since the last call, as the API has them. */
async function events(types = "status,group,component"): Promise<string[]> {
  const { events: list } = (await (
    await fetch(`${exporter.url}/api/v1/events?format=json&type=${types}&last_event_id=${seen}`)
  ).json()) as { events: Record<string, string>[] };
  seen = Number(list.at(-1)?.["id"] ?? seen);
  return list.map(({ type, target, group, component, from, to, cause, detail }) => {
    const why = [cause, detail].filter((one) => one !== undefined).join(": ");
    return `${type} ${target ?? group ?? component} ${from} -> ${to}${why === "" ? "" : `, ${why}`}`;
  });
}
let seen: number;

beforeEach(async () => {
  clock = manualClock();
  history = createMemoryHistory(clock, seconds(86_400));
  memory = createMemory();
  next = { outcome: succeeded };
  probed = 0;
  seen = 0;
  await start();
});
afterEach(() => exporter[Symbol.asyncDispose]());

const ok = { outcome: succeeded };
const refused = { outcome: failed("connect", "refused by the test") };
const late = {
  outcome: succeeded,
  degraded: { reason: "threshold", detail: "queue is 17, want at most 10" },
} as const;

describe("changes of status", () => {
  it("of a target and its groups are events and lines, with their reasons", async () => {
    await probe(ok);
    expect(lines()).toEqual(["info: target shop is healthy", "info: group front is healthy"]);
    await probe(late);
    expect(lines()).toEqual([
      "warn: target shop is degraded, threshold: queue is 17, want at most 10",
      "warn: group front is degraded, degraded: shop",
    ]);
    await probe(late);
    await probe(refused);
    expect(lines()).toEqual([]);
    await probe(refused);
    expect(lines()).toEqual([
      "warn: target shop is unhealthy, connect: refused by the test",
      "warn: group front is unhealthy, unhealthy: shop",
      "warn: group all is unhealthy, unhealthy: front; unknown: sync",
    ]);
    expect((await events()).slice(-3)).toEqual([
      "status shop degraded -> unhealthy, connect",
      "group front degraded -> unhealthy, unhealthy: shop",
      "group all unknown -> unhealthy, unhealthy: front; unknown: sync",
    ]);
    await probe({ ...ok, duration: seconds(2.5) });
    expect(lines()).toEqual([
      "info: target shop is degraded, slow: slower than expected: 2.500s, want at most 2s",
      "info: group front is degraded, degraded: shop",
      "warn: group all is unknown, unknown: sync; degraded: front",
    ]);
  });

  it("of a component are events and lines at once, and when it falls silent", async () => {
    await report("unhealthy", { message: "no disk", ttl: "10s" });
    expect(lines().filter((line) => line.includes("component"))).toEqual([
      "warn: component sync is unhealthy, reported: no disk",
    ]);
    expect(await events("component")).toEqual(["component sync unknown -> unhealthy, reported: no disk"]);
    await report("unhealthy", { message: "still no disk", ttl: "10s" });
    await report("healthy", { ttl: "10s" });
    await report("healthy", { ttl: "10s", message: "fine" });
    expect(await events("component")).toEqual(["component sync unhealthy -> healthy, reported"]);
    clock.advance(seconds(9));
    expect(await events("component")).toEqual([]);
    clock.advance(seconds(2));
    const silent = "silent: silent for 10s, was healthy";
    expect(await events("component")).toEqual([`component sync healthy -> unknown, ${silent}`]);
    clock.advance(seconds(100));
    expect(await events("component")).toEqual([]);
    expect(lines().filter((line) => line.includes("component"))).toEqual([
      "info: component sync is healthy, reported",
      `warn: component sync is unknown, ${silent}`,
    ]);
  });

  it("of a component are part of the stream's snapshot, and can be filtered by its name", async () => {
    await report("unhealthy");
    const of = async (query: string) =>
      (await fetch(`${exporter.url}/api/v1/events?${query}`)).body?.getReader();
    const reader = await of("target=sync");
    let text = "";
    while (!text.includes("snapshot")) text += new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
    expect(text).toContain('"components":[{"component":"sync","status":"unhealthy"}]');
    expect((await fetch(`${exporter.url}/api/v1/events?target=snc&format=json`)).status).toBe(400);
  });

  it("is none if a component is deleted, and one if it reports again", async () => {
    await report("unhealthy");
    await events("component");
    const headers = { Authorization: "Bearer secret" };
    await fetch(`${exporter.url}/api/v1/components/sync`, { method: "DELETE", headers });
    clock.advance(seconds(5));
    expect(await events("component")).toEqual([]);
    await report("unhealthy");
    expect(await events("component")).toEqual(["component sync unknown -> unhealthy, reported"]);
  });

  it.each([
    { name: "at once", downFor: 0, steps: ["degraded", "unhealthy"] },
    // The health before a long downtime says nothing about a target whose first probe fails.
    { name: "after an hour", downFor: 3600, steps: ["degraded", "unknown", "unhealthy"] },
  ])("are not told again by a restart $name, before or after the next probe", async ({ downFor, steps }) => {
    await probe(late);
    await report("unhealthy", { message: "no disk", ttl: "10m" });
    clock.advance(seconds(1));
    await events();
    lines();
    await restart(downFor);
    clock.advance(seconds(2));
    await probe(late);
    expect([lines(), await events()]).toEqual([[], []]);
    await restart(downFor);
    await probe(refused);
    await probe(refused);
    await report("healthy");
    clock.advance(seconds(1));
    expect((await events()).filter((text) => !text.startsWith("group"))).toEqual([
      ...steps.slice(1).map((to, i) => `status shop ${steps[i]} -> ${to}, connect`),
      "component sync unhealthy -> healthy, reported",
    ]);
  });

  it("that happen while the exporter is down are told by the first probe after it", async () => {
    await probe(ok);
    await probe(ok);
    await events();
    await restart(3600);
    await probe(late);
    expect(await events()).toEqual([
      "status shop healthy -> degraded, threshold: queue is 17, want at most 10",
      "group front healthy -> degraded, degraded: shop",
    ]);
  });

  it("are told of a target that is not probed after a restart once it is stale", async () => {
    await probe(ok);
    await events();
    await exporter[Symbol.asyncDispose]();
    clock.advance(seconds(3600));
    await start(YAML.replace("schedule: interval", "schedule: on_scrape"));
    clock.advance(seconds(298));
    expect(await events()).toEqual([]);
    clock.advance(seconds(3));
    expect(await events()).toEqual([
      "status shop healthy -> unknown, stale",
      "group front healthy -> unknown, unknown: shop",
    ]);
  });
});

describe("a degraded target", () => {
  it("says why, wherever its status is shown", async () => {
    await probe(late);
    const json = async (path: string) =>
      (await fetch(exporter.url + path)).json() as Promise<Record<string, unknown>>;
    const { degraded } = late;
    expect(await json("/status")).toMatchObject({ status: "degraded", degraded });
    expect(await json("/heartbeat/status")).toMatchObject({ status: "degraded", degraded });
    expect(await json("/api/v1/targets")).toMatchObject({ targets: [{ status: "degraded", degraded }] });
    const message = "1 success, queue is 17, want at most 10";
    expect(await json("/api/v1/groups")).toMatchObject({
      groups: [{ members: [{ status: "degraded", message }] }, {}],
    });
    expect(await json("/report")).toMatchObject({
      Components: { shop: { Status: "Degraded", Message: message } },
    });
    const page = await (await fetch(`${exporter.url}/metrics?collect[]=targets`)).text();
    const labels = 'target="shop",module="scripted"';
    expect(page).toContain(`\nprobe_success{${labels}} 1\n`);
    expect(page).toMatch(/\nprobe_degraded_reason\{.*reason="threshold".*\} 1\n/);
    expect(page).toMatch(/\nheartbeat_target_status\{.*status="degraded".*\} 1\n/);
    const debug = await (await fetch(`${exporter.url}/probe?target=shop&debug=true`)).text();
    expect(debug).toContain("probe succeeded, degraded (threshold): queue is 17, want at most 10\n");
    await probe(ok);
    expect(await (await fetch(`${exporter.url}/metrics`)).text()).not.toContain("probe_degraded_reason");
  });
});
