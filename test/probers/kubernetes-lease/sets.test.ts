import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { microTime } from "../../../src/core/lease.ts";
import { createMemory, type Memory } from "../../../src/core/memory.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { kubernetesLeaseProber } from "../../../src/probers/kubernetes-lease/prober.ts";
import { processReflectors } from "../../../src/probers/kubernetes-lease/reflectors.ts";
import { checkedProber } from "../../helpers/checked-prober.ts";
import { type ManualClock, manualClock } from "../../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../../helpers/exporter.ts";
import { valueOf } from "../../helpers/exposition.ts";
import { type KubernetesServer, startKubernetes } from "../../helpers/kubernetes.ts";
import { waitUntil } from "../../helpers/process.ts";

const NAMESPACE = "kube-node-lease";
const START = 1_757_943_000;

interface World extends AsyncDisposable {
  readonly api: KubernetesServer;
  readonly clock: ManualClock;
  readonly exporter: LocalExporter;
  /** Renews the leases of nodes at the time of the clock. */
  renew(...names: string[]): void;
  /** Returns the response of a probe of the configured target, or of another address. */
  probe(query?: string, target?: string): Promise<string>;
  /** Advances the clock in steps of a second, in which the exporter works. */
  pass(by: number): Promise<void>;
  /** Number of requests of this kind. */
  count(verb: string): number;
}

async function world(
  options: {
    module?: string;
    more?: string;
    token?: string;
    api?: KubernetesServer;
    memory?: Memory;
    clock?: ManualClock;
  } = {},
): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const api = options.api ?? resources.use(await startKubernetes());
  const clock = options.clock ?? manualClock();
  const exporter = resources.use(
    await startLocalExporter({
      yaml: `
modules:
  nodes: { prober: kubernetes_lease, timeout: 5s, kubernetes_lease: { kubeconfig: kube.json, ${options.module ?? 'selector: ""'} } }
${options.more ?? ""}
targets:
  - { name: nodes, module: nodes, target: ${NAMESPACE}, schedule: on_scrape, min_interval: 0s }
`,
      files: { "kube.json": api.kubeconfig({ token: options.token ?? "watcher" }) },
      probers: [checkedProber(kubernetesLeaseProber)] as never,
      clock,
      ...(options.memory === undefined ? {} : { memory: options.memory }),
    }),
  );
  const owned = resources.move();
  return {
    api,
    clock,
    exporter,
    renew(...names) {
      for (const name of names) {
        const renewTime = microTime(timestamp(START + clock.monotonic()));
        const labels = { node: name, zone: name.endsWith("1") ? "a" : "b" };
        api.put(
          `${NAMESPACE}/${name}`,
          { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
          labels,
        );
      }
    },
    async probe(query = "", target = "nodes") {
      return (await fetch(`${exporter.url}/probe?module=nodes&target=${target}${query}`)).text();
    },
    async pass(by) {
      for (let passed = 0; passed < by; passed += 1) {
        clock.advance(seconds(1));
        // As long as requests take now, so that calls end long before their timeouts.
        await fetch(`${exporter.url}/-/healthy`);
        await pause(2);
      }
    },
    count: (verb) => api.requests.filter((request) => request.verb === verb).length,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const success = (text: string): number | undefined => valueOf(text, "probe_success");
const reason = (text: string): string | undefined =>
  /probe_failure_reason\{reason="(.*)"\} 1/.exec(text)?.[1];
const up = (text: string, name: string): number | undefined =>
  valueOf(text, "heartbeat_lease_up", { lease: `${NAMESPACE}/${name}` });
const states = (text: string): Record<string, number | undefined> =>
  Object.fromEntries(
    ["alive", "stale", "unknown", "omitted"].map((state) => [
      state,
      valueOf(text, "heartbeat_leases", { state }),
    ]),
  );
/** Waits until a probe shows what is wanted: an event needs a moment to arrive. */
const until = (what: string, all: World, wanted: (text: string) => boolean): Promise<string> =>
  waitUntil(what, async () => {
    const text = await all.probe();
    return wanted(text) ? text : undefined;
  });
const watching = (all: World, count = 1): Promise<true> =>
  waitUntil("the watch", () => all.api.watches.count() === count || undefined);

afterEach(async () => {
  await waitUntil("the end of all watches", () => processReflectors.size() === 0 || undefined);
});

describe("the leases of a namespace", () => {
  test("come by one list and one watch, with one series each", async () => {
    await using all = await world();
    all.renew("node-1", "node-2", "node-3");
    await expect(await all.probe()).toMatchFileSnapshot("../../golden/kubernetes-lease/set.prom");
    for (let i = 0; i < 12; i += 1) {
      await all.pass(5);
      all.renew("node-1", "node-2", "node-3");
      expect(success(await all.probe())).toBe(1);
    }
    expect([all.count("list"), all.count("watch"), all.count("get")]).toEqual([1, 1, 0]);
    const [query] = all.api.watches.queries;
    expect(Object.fromEntries(query ?? [])).toMatchObject({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "3",
    });
  });

  test("come and go, and a new one has its whole timeout", async () => {
    await using all = await world();
    all.renew("node-1", "node-2");
    await all.probe();
    await watching(all);
    await all.pass(10);
    all.renew("node-1", "node-3");
    all.api.delete(`${NAMESPACE}/node-2`);
    const text = await until("the new lease", all, (one) => up(one, "node-3") === 1);
    expect([success(text), up(text, "node-2"), states(text)]).toEqual([
      1,
      undefined,
      { alive: 2, stale: 0, unknown: 0, omitted: 0 },
    ]);
    await all.pass(38);
    expect(success(await all.probe())).toBe(1);
  });

  test("that are not renewed make the target fail, and the reason names the first of them", async () => {
    await using all = await world();
    const names = Array.from({ length: 9 }, (_, i) => `node-${i}`);
    all.renew(...names);
    await all.probe();
    await watching(all);
    for (let passed = 0; passed < 45; passed += 5) {
      await all.pass(5);
      all.renew("node-0", "node-8");
      await pause(20);
      const text = await all.probe();
      expect([passed, success(text)]).toEqual([passed, passed + 5 >= 40 ? 0 : 1]);
    }
    const text = await all.probe("&debug=true");
    expect(text).toMatch(
      /7 of 9 leases in kube-node-lease are stale: node-1 \(not renewed for 4\d\.\d s\), node-2 \(.*\), node-5 \([^)]*\) and 2 more/,
    );
    await expect(await all.probe()).toMatchFileSnapshot("../../golden/kubernetes-lease/set-stale.prom");
    all.renew(...names);
    await until("all leases", all, (one) => success(one) === 1);
  });

  test("that match a selector enter and leave with their labels", async () => {
    await using all = await world({ module: 'selector: "zone in (a)"' });
    all.renew("node-1", "node-2");
    const first = await all.probe();
    expect([up(first, "node-1"), up(first, "node-2")]).toEqual([1, undefined]);
    await watching(all);
    const spec = { holderIdentity: "x", leaseDurationSeconds: 40, renewTime: microTime(timestamp(START)) };
    all.api.put(`${NAMESPACE}/node-1`, spec, { zone: "b" });
    all.api.put(`${NAMESPACE}/node-2`, spec, { zone: "a" });
    const text = await until("the other lease", all, (one) => up(one, "node-2") === 1);
    expect(up(text, "node-1")).toBeUndefined();
  });

  test("are a failure of its own if none matches, unless that is allowed", async () => {
    await using all = await world({ module: "selector: zone=c" });
    all.renew("node-1");
    const text = await all.probe("&debug=true");
    expect(text).toContain(
      'probe failed (empty): got 0 leases in kube-node-lease that match "zone=c", want at least 1 (min_leases of the module)',
    );
    await expect(await all.probe()).toMatchFileSnapshot("../../golden/kubernetes-lease/set-empty.prom");
    await using other = await world({ module: "selector: zone=c, min_leases: 0", api: all.api });
    expect(success(await other.probe())).toBe(1);
  });

  test("beyond max_leases are counted and logged once, and take the room that others leave", async () => {
    await using all = await world({ module: 'selector: "", max_leases: 2' });
    all.renew("node-1", "node-2", "node-3", "node-4");
    const text = await all.probe();
    expect(states(text)).toEqual({ alive: 2, stale: 0, unknown: 0, omitted: 2 });
    await all.probe();
    const warned = all.exporter.logged.filter(({ message }) => message.includes("max_leases"));
    expect(warned.map(({ message }) => message)).toEqual([
      "4 leases match in kube-node-lease, and max_leases is 2: 2 of them are not judged",
    ]);
    await watching(all);
    all.api.delete(`${NAMESPACE}/node-1`);
    all.renew("node-4");
    await until("the room", all, (one) => states(one)["omitted"] === 1 && up(one, "node-4") === 1);
  });

  test("without leaseDurationSeconds need a timeout in the module, which precedes that of the lease", async () => {
    await using all = await world();
    all.api.put(`${NAMESPACE}/node-1`, { holderIdentity: "a", renewTime: microTime(timestamp(START)) });
    all.renew("node-2");
    const text = await all.probe("&debug=true");
    expect(text).toContain(
      "probe failed (malformed): 1 of 2 leases in kube-node-lease have no leaseDurationSeconds; set timeout in the module: node-1",
    );
    await using other = await world({ module: 'selector: "", timeout: 60s', api: all.api });
    expect(success(await other.probe())).toBe(1);
    await watching(all, 2);
    await other.pass(59);
    expect(success(await other.probe())).toBe(1);
    await other.pass(2);
    expect(reason(await other.probe())).toBe("stale");
  });

  test("that were released are stale at once", async () => {
    await using all = await world();
    all.api.put(`${NAMESPACE}/node-1`, { holderIdentity: "", leaseDurationSeconds: 1 });
    expect(await all.probe("&debug=true")).toContain("node-1 (released or never acquired)");
  });

  test("of more than one page are listed page by page, and again if a page expires", async () => {
    await using all = await world();
    all.renew(...Array.from({ length: 1100 }, (_, i) => `node-${String(i).padStart(4, "0")}`));
    expect(states(await all.probe())).toEqual({ alive: 1000, stale: 0, unknown: 0, omitted: 100 });
    expect(all.count("list")).toBe(3);
  });
});

describe("a watch", () => {
  test.each<readonly [string, (api: KubernetesServer) => void, number]>([
    ["that the server ends goes on from its last version", (api) => api.watches.close(), 0],
    ["whose connection is cut goes on from its last version", (api) => api.watches.cut(), 0],
    [
      "that has expired is followed by a list",
      (api) => api.watches.fail(410, "Expired", "too old resource version: 1 (9)"),
      1,
    ],
    [
      "whose version is too old is followed by a list",
      (api) => {
        api.watches.compact();
        api.put(`other/lease`, { holderIdentity: "x" });
        api.watches.compact();
        api.watches.close();
      },
      1,
    ],
    [
      "with an error of the server is followed by a list",
      (api) => api.watches.fail(500, "InternalError", "no"),
      1,
    ],
    ["with something else than JSON is followed by a list", (api) => api.watches.write("nonsense\n"), 1],
  ])("%s", async (_, disturb, lists) => {
    await using all = await world();
    all.renew("node-1", "node-2");
    await all.probe();
    await watching(all);
    await all.pass(5);
    disturb(all.api);
    await waitUntil("another watch", async () => {
      await all.pass(1);
      return all.api.watches.queries.length >= 2 && all.api.watches.count() === 1 ? true : undefined;
    });
    expect(all.count("list")).toBe(1 + lists);
    all.renew("node-1", "node-2");
    // The changes come over a real socket, before the time that they are about.
    await pause(500);
    await all.pass(36);
    const text = await all.probe();
    expect([success(text), states(text)["alive"]]).toEqual([1, 2]);
  });

  test("that hangs is noticed: living holders are not stale, although nothing arrives", async () => {
    await using all = await world();
    all.renew("node-1", "node-2");
    await all.probe();
    await watching(all);
    all.api.watches.freeze(true);
    for (let i = 0; i < 12; i += 1) {
      await all.pass(10);
      all.renew("node-1");
      await pause(20);
      const text = await all.probe();
      expect([i, up(text, "node-1"), up(text, "node-2")]).toEqual([i, 1, i < 3 ? 1 : 0]);
    }
  });

  test("is kept alive by bookmarks if its leases are renewed rarely", async () => {
    await using all = await world({ module: 'selector: "", timeout: 10m' });
    all.api.put(`${NAMESPACE}/slow`, {
      holderIdentity: "x",
      leaseDurationSeconds: 600,
      renewTime: microTime(timestamp(START)),
    });
    await all.probe();
    await watching(all);
    for (let i = 0; i < 5; i += 1) {
      await all.pass(60);
      all.api.watches.bookmark();
      await pause(20);
      expect(success(await all.probe())).toBe(1);
    }
    expect(all.count("list")).toBe(1);
  });

  test("is shared by targets and modules, and ends with the last of them", async () => {
    const same = `  same: { prober: kubernetes_lease, timeout: 5s, kubernetes_lease: { kubeconfig: kube.json, selector: " ", timeout: 50s } }`;
    await using all = await world({ more: same });
    all.renew("node-1");
    await all.probe();
    await watching(all);
    const other = await fetch(`${all.exporter.url}/probe?module=same&target=${NAMESPACE}`);
    expect(success(await other.text())).toBe(1);
    expect([all.count("list"), all.count("watch"), processReflectors.size()]).toEqual([1, 1, 1]);
    await all.exporter.folder.write("exporter.yml", "modules: { page: { prober: kubernetes_lease } }");
    const reloaded = await fetch(`${all.exporter.url}/-/reload`, { method: "POST" });
    expect(reloaded.status).toBe(200);
    await watching(all, 0);
    expect(processReflectors.size()).toBe(0);
  });

  test("is not left open by probes of addresses that are not configured", async () => {
    await using all = await world();
    all.api.put("other/lease", {
      holderIdentity: "x",
      leaseDurationSeconds: 40,
      renewTime: microTime(timestamp(START)),
    });
    expect(success(await all.probe("", "other"))).toBe(1);
    expect(processReflectors.size()).toBe(0);
    all.clock.advance(seconds(39));
    expect(success(await all.probe("", "other"))).toBe(1);
    all.clock.advance(seconds(1));
    expect(reason(await all.probe("", "other"))).toBe("stale");
    await watching(all, 0);
  });
});

describe("an outage of the API server", () => {
  test("is one failure, no silence of the holders, and over with the next probe", async () => {
    await using all = await world();
    all.renew("node-1", "node-2");
    await all.probe();
    await watching(all);
    await all.pass(10);
    all.renew("node-1");
    await pause(20);
    all.api.treat("watcher", "refuse");
    all.api.watches.cut();
    await waitUntil("the failure", async () => (reason(await all.probe()) === "network" ? true : undefined));
    for (let i = 0; i < 30; i += 1) {
      await all.pass(10);
      const text = await all.probe();
      expect([reason(text), up(text, "node-1"), states(text)["stale"]]).toEqual([
        "network",
        undefined,
        undefined,
      ]);
    }
    all.api.treat("watcher", "serve");
    await all.pass(2);
    const back = await until("the API server", all, (text) => success(text) === 1);
    expect(states(back)).toMatchObject({ alive: 2, stale: 0 });
    await all.pass(30);
    all.renew("node-1");
    await pause(20);
    await all.pass(12);
    const text = await all.probe();
    expect([up(text, "node-1"), up(text, "node-2")]).toEqual([1, 0]);
  });

  test("that hangs is a timeout, and neither all alive nor all dead", async () => {
    await using all = await world();
    all.renew("node-1");
    await all.probe();
    await watching(all);
    all.api.watches.freeze(true);
    all.api.treat("watcher", "hang");
    await all.pass(16);
    const asked = all.probe();
    await waitUntil("the request", () => (all.api.hanging() > 0 ? true : undefined));
    await all.pass(6);
    const text = await asked;
    expect([reason(text), up(text, "node-1")]).toEqual(["timeout", undefined]);
  });

  test.each([
    ["list", "no-rights", "list"],
    ["watch", "lister", "watch"],
  ])("no right to %s fails with auth and says so", async (_, token, verb) => {
    await using all = await world({ token });
    all.renew("node-1");
    await until("the refusal", all, (text) => reason(text) === "auth");
    await all.pass(2);
    const text = await all.probe("&debug=true");
    expect(text).toContain(`cannot ${verb} resource "leases"`);
    await all.exporter.folder.write("kube.json", all.api.kubeconfig({ token: "watcher" }));
    await all.pass(2);
    await until("the corrected kubeconfig", all, (one) => success(one) === 1);
  });

  test("another cluster in the kubeconfig is used with the next probe", async () => {
    await using all = await world();
    await using other = await startKubernetes();
    all.renew("node-1");
    await all.probe();
    await watching(all);
    other.put(`${NAMESPACE}/elsewhere`, {
      holderIdentity: "x",
      leaseDurationSeconds: 40,
      renewTime: microTime(timestamp(START)),
    });
    await all.exporter.folder.write("kube.json", other.kubeconfig({ token: "watcher" }));
    const text = await all.probe();
    expect([up(text, "node-1"), up(text, "elsewhere")]).toEqual([undefined, 1]);
  });
});

describe("after a restart or a reload", () => {
  /** Returns the memory as another process would find it. */
  const asOfAnother = (memory: Memory): Memory => {
    const copy = createMemory();
    const name = "prober/kubernetes_lease/nodes";
    for (const [key, value] of memory.namespace(name).entries())
      copy.namespace(name).put(key, { ...(JSON.parse(JSON.stringify(value)) as object), process: "another" });
    return copy;
  };

  test("silence goes on from where it was, without the downtime", async () => {
    const memory = createMemory();
    await using api = await startKubernetes();
    {
      await using before = await world({ memory, api });
      before.renew("node-1", "node-2");
      await before.probe();
      await watching(before);
      for (let passed = 0; passed < 30; passed += 5) {
        await before.pass(5);
        before.renew("node-2");
        await pause(20);
      }
      await before.probe();
    }
    await using all = await world({ memory: asOfAnother(memory), api, clock: manualClock(START + 3600) });
    expect(success(await all.probe())).toBe(1);
    await all.pass(9);
    expect(success(await all.probe())).toBe(1);
    await all.pass(2);
    const text = await all.probe();
    expect([up(text, "node-1"), up(text, "node-2")]).toEqual([0, 1]);
  });

  test("a reload neither ends a silence nor makes it longer", async () => {
    await using all = await world();
    all.renew("node-1");
    await all.probe();
    await watching(all);
    await all.pass(20);
    await all.probe();
    await fetch(`${all.exporter.url}/-/reload`, { method: "POST" });
    await all.pass(10);
    expect(success(await all.probe())).toBe(1);
    await all.pass(9);
    expect(success(await all.probe())).toBe(1);
    await all.pass(2);
    expect(reason(await all.probe())).toBe("stale");
  });

  test("a reload during an outage makes no lease stale", async () => {
    await using all = await world();
    all.renew("node-1");
    await all.probe();
    await watching(all);
    await all.pass(30);
    all.api.treat("watcher", "refuse");
    all.api.watches.cut();
    // A watch that was quiet for 14 s is opened again, and one that is cut within a second only after a pause.
    await waitUntil("the failure", async () => {
      await all.pass(1);
      return reason(await all.probe()) === "network" || undefined;
    });
    await all.pass(300);
    await all.probe();
    await fetch(`${all.exporter.url}/-/reload`, { method: "POST" });
    await all.pass(5);
    all.api.treat("watcher", "serve");
    await until("the API server", all, (text) => success(text) === 1);
    await all.pass(30);
    expect(success(await all.probe())).toBe(1);
  });
});
