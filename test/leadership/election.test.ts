import { describe, expect, it } from "vitest";
import { microTime } from "../../src/core/lease.ts";
import { type Seconds, seconds, timestamp } from "../../src/core/units.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { type KubernetesServer, startKubernetes } from "../helpers/kubernetes.ts";
import { waitUntil } from "../helpers/process.ts";
import { heldProber } from "../helpers/stand-in-prober.ts";
import { paidProber } from "../money/paid-prober.ts";

const START = 1_757_943_000;
const LEASE = "monitoring/heartbeat-exporter";

const modules = "modules: { chat: { prober: paid } }";
const targets = "targets: [{ name: gpt, module: chat, target: gpt, interval: 30s, min_interval: 0s }]";
const lease = (more = ""): string => `lease: { kubeconfig: kube.json, identity: me, ${more} }`;

interface World extends AsyncDisposable {
  readonly api: KubernetesServer;
  readonly clock: ManualClock;
  readonly exporter: LocalExporter;
  readonly prompts: () => number;
  readonly down: Set<string>;
  scrape(): Promise<string>;
  leads(): Promise<number | undefined>;
  reload(yaml: string): Promise<void>;
  /** Moves the clock and waits for `calls` further requests. */
  pass(by: Seconds, calls: number): Promise<void>;
}

async function world(
  section = lease(),
  ownApi?: KubernetesServer,
  kubeconfig: { readonly server?: string } = {},
): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const api = ownApi ?? resources.use(await startKubernetes());
  const clock = manualClock();
  const { prober, prompts, down } = paidProber();
  const exporter = resources.use(
    await startLocalExporter({
      yaml: [modules, targets, section, "control: { token_file: token }"].join("\n"),
      files: { "kube.json": api.kubeconfig({ namespace: "monitoring", ...kubeconfig }), token: "control" },
      probers: [prober] as never,
      clock,
    }),
  );
  const owned = resources.move();
  const scrape = async (): Promise<string> => (await fetch(`${exporter.url}/metrics`)).text();
  return {
    api,
    clock,
    exporter,
    down,
    prompts: () => prompts(),
    scrape,
    leads: async () => valueOf(await scrape(), "heartbeat_exporter_leader"),
    async reload(text) {
      await exporter.folder.write(
        "exporter.yml",
        `${modules}\n${targets}\n${text}\ncontrol: { token_file: token }`,
      );
      const headers = { Authorization: "Bearer control" };
      const answer = await fetch(`${exporter.url}/-/reload`, { method: "POST", headers });
      expect(answer.status).toBe(200);
    },
    async pass(by, calls) {
      const before = api.requests.length;
      clock.advance(by);
      await waitUntil("calls", () => (api.requests.length >= before + calls ? true : undefined));
      // Give the response time to arrive.
      await new Promise((resolve) => setTimeout(resolve, 30));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const untilLeads = (all: World): Promise<true> =>
  waitUntil("leadership", async () => ((await all.leads()) === 1 ? true : undefined));
const spec = (holderIdentity: string, at: number) => ({
  holderIdentity,
  leaseDurationSeconds: 30,
  acquireTime: microTime(timestamp(START + at)),
  renewTime: microTime(timestamp(START + at)),
  leaseTransitions: 3,
});
const messages = ({ exporter }: World): string[] =>
  exporter.logged.map(({ message }) => message).filter((text) => /lease|replica/.test(text));

describe("a replica", () => {
  it("acquires the lease in its context's namespace, and releases it at the end", async () => {
    await using api = await startKubernetes();
    const { prober } = paidProber();
    {
      await using exporter = await startLocalExporter({
        yaml: [modules, targets, lease()].join("\n"),
        files: { "kube.json": api.kubeconfig({ namespace: "monitoring" }) },
        probers: [prober] as never,
        clock: manualClock(),
      });
      await waitUntil("the lease", () => api.get(LEASE));
      expect(exporter.logged.some(({ message }) => message === "this replica leads")).toBeTypeOf("boolean");
      await waitUntil("leadership", () =>
        exporter.logged.find(({ message }) => message === "this replica leads"),
      );
    }
    expect(api.get(LEASE)?.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });

  it("preserves fields that others wrote to the object", async () => {
    await using all = await world();
    await untilLeads(all);
    const before = all.api.get(LEASE);
    all.api.put(LEASE, { ...before?.spec, strategy: "unknown-to-us" }, { team: "ai" });
    // The version has changed: the renewal fails, then a read and a second renewal follow.
    await all.pass(seconds(10), 3);
    expect(all.api.get(LEASE)).toMatchObject({
      metadata: { labels: { team: "ai" } },
      spec: { holderIdentity: "me", strategy: "unknown-to-us", renewTime: microTime(timestamp(START + 10)) },
    });
    expect(await all.leads()).toBe(1);
  });

  it("recreates a deleted lease and keeps leading", async () => {
    await using all = await world();
    await untilLeads(all);
    all.api.delete(LEASE);
    await all.pass(seconds(10), 2);
    expect(all.api.get(LEASE)?.spec).toMatchObject({ holderIdentity: "me" });
    expect(await all.leads()).toBe(1);
  });

  it("keeps leading when the response to a renewal was lost", async () => {
    await using all = await world();
    await untilLeads(all);
    all.api.loseNextAnswers(1);
    await all.pass(seconds(10), 1);
    await all.pass(seconds(4), 2);
    all.clock.advance(seconds(9));
    expect(await all.leads()).toBe(1);
  });

  it("stops leading after two thirds of the duration without a renewal, even if no call returns", async () => {
    await using all = await world();
    await untilLeads(all);
    all.api.treat("replica-a", "refuse");
    all.clock.advance(seconds(19.9));
    expect(await all.leads()).toBe(1);
    expect(valueOf(await all.scrape(), "probe_success", { target: "gpt" })).toBe(1);
    const sent = all.prompts();
    all.clock.advance(seconds(0.2));
    const after = await all.scrape();
    expect(valueOf(after, "heartbeat_exporter_leader")).toBe(0);
    expect(all.prompts()).toBe(sent);
    expect(messages(all)).toEqual([
      "this replica leads",
      "the lease cannot be held: a call failed",
      "this replica no longer leads",
    ]);
  });

  it("shows its last results as a follower for two intervals, and then only why probes are skipped", async () => {
    await using all = await world();
    await untilLeads(all);
    all.down.add("gpt");
    expect(valueOf(await all.scrape(), "probe_success", { target: "gpt" })).toBe(0);
    all.api.put(LEASE, spec("other", 1));
    await all.pass(seconds(10), 2);
    const fresh = await all.scrape();
    expect(valueOf(fresh, "probe_success", { target: "gpt" })).toBe(0);
    expect(valueOf(fresh, "probe_skipped", { target: "gpt", reason: "not_leader" })).toBe(1);
    for (let moment = 20; moment < 80; moment += 10) {
      all.api.put(LEASE, spec("other", moment));
      await all.pass(seconds(10), 1);
    }
    const old = await all.scrape();
    expect(old).not.toMatch(/^(probe_success|heartbeat_target_status|heartbeat_consecutive_failures)\{/m);
    expect(valueOf(old, "probe_skipped", { target: "gpt", reason: "not_leader" })).toBe(1);
    expect(valueOf(old, "heartbeat_health_checks_total", { status: "failure" })).toBe(1);
    expect(await (await fetch(`${all.exporter.url}/status`)).json()).toMatchObject({
      leader: false,
      heartbeat: { skipped: "not_leader", last_failure_reason: "empty" },
    });
  });

  it("waits for the whole duration of a lease that it finds, even one with its own identity", async () => {
    await using api = await startKubernetes();
    api.put(LEASE, spec("me", -3600));
    const clock = manualClock();
    const { prober } = paidProber();
    await using exporter = await startLocalExporter({
      yaml: [modules, targets, lease()].join("\n"),
      files: { "kube.json": api.kubeconfig({ namespace: "monitoring" }) },
      probers: [prober] as never,
      clock,
    });
    await waitUntil("a read", () => api.requests[0]);
    for (let moment = 0; moment < 29; moment += 1) {
      clock.advance(seconds(1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(api.writes).toEqual([]);
    await waitUntil("the takeover", () => {
      clock.advance(seconds(0.5));
      return api.writes[0];
    });
    expect(api.writes[0]?.spec).toMatchObject({ holderIdentity: "me", leaseTransitions: 3 });
    expect(exporter.logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  it("logs once why it cannot hold the lease: no permission, no namespace, unknown context", async () => {
    for (const [more, config, detail] of [
      ["", { token: "no-rights" }, /answered 403: .*cannot get resource "leases"/],
      ["", { token: "reader", namespace: "monitoring" }, /answered 403: .*cannot create resource "leases"/],
      // Reads of the existing lease succeed between refused writes.
      [
        "name: taken",
        { token: "reader", namespace: "monitoring" },
        /answered 403: .*cannot update resource "leases"/,
      ],
      ["namespace: missing", {}, /answered 404: namespaces "missing" not found/],
      ["context: nowhere", {}, /context: got "nowhere", want one of test, other/],
    ] as const) {
      await using api = await startKubernetes();
      api.put("monitoring/taken", spec("", 0));
      const clock = manualClock();
      await using exporter = await startLocalExporter({
        yaml: [modules, targets, lease(more)].join("\n"),
        files: { "kube.json": api.kubeconfig(config) },
        probers: [paidProber().prober] as never,
        clock,
      });
      const failed = () => exporter.logged.filter(({ message }) => /a call failed/.test(message));
      await waitUntil("a log line", () => failed()[0]);
      expect(failed()[0]?.fields).toMatchObject({ detail: expect.stringMatching(detail) });
      for (let round = 0; round < 5; round += 1) {
        const before = api.requests.length;
        const calls = more === "context: nowhere" ? 0 : detail.source.includes("get") ? 1 : 2;
        // In small steps: a call that the clock ends while it is on its way would fail for another reason.
        let passed = 0;
        await waitUntil("the calls of the next round", () => {
          clock.advance(seconds(0.2));
          passed += 0.2;
          return (passed >= 4 && api.requests.length >= before + calls) || undefined;
        });
      }
      expect(failed()).toHaveLength(1);
      expect(exporter.logged.filter(({ message }) => /succeed again/.test(message))).toEqual([]);
      expect(JSON.stringify(exporter.logged)).not.toContain('no-rights"');
    }
  });
});

describe("a reload", () => {
  it("can remove the lease, add another one, and restore the first", async () => {
    await using all = await world();
    await untilLeads(all);
    await all.reload("");
    expect(await all.leads()).toBeUndefined();
    await waitUntil("the release", () =>
      all.api.get(LEASE)?.spec["holderIdentity"] === "" ? true : undefined,
    );
    const sent = all.prompts();
    await all.scrape();
    expect(all.prompts()).toBe(sent + 1);

    await all.reload(lease("name: another"));
    await untilLeads(all);
    expect(all.api.get("monitoring/another")?.spec).toMatchObject({ holderIdentity: "me" });
    await all.reload(`${lease("name: another")}\nprices: {}`);
    expect(await all.leads()).toBe(1);
    await all.reload(lease());
    await waitUntil("the release", () =>
      all.api.get("monitoring/another")?.spec["holderIdentity"] === "" ? true : undefined,
    );
    await untilLeads(all);
    expect(all.api.get(LEASE)?.spec).toMatchObject({ holderIdentity: "me", leaseTransitions: 1 });
  });
});

it("a queued prompt is not sent after another replica took over, and does not count as a failure", async () => {
  await using api = await startKubernetes();
  const clock = manualClock();
  const { prober, started } = heldProber();
  await using exporter = await startLocalExporter({
    yaml: `
modules: { held: { prober: held, timeout: 60s } }
targets:
  - { name: one, module: held, target: one, min_interval: 0s }
  - { name: two, module: held, target: two, min_interval: 0s }
limits: { max_concurrent_probes: 1 }
${lease()}`,
    files: { "kube.json": api.kubeconfig({ namespace: "monitoring" }) },
    probers: [{ ...prober, costly: true }],
    clock,
  });
  const scrape = async (path: string): Promise<string> => (await fetch(`${exporter.url}${path}`)).text();
  await waitUntil("leadership", async () =>
    valueOf(await scrape("/metrics?collect[]=exporter"), "heartbeat_exporter_leader") === 1
      ? true
      : undefined,
  );
  const first = scrape("/probe?target=one");
  await waitUntil("the first prompt", () => started[0]);
  const second = scrape("/probe?target=two");
  await waitUntil("a queued prompt", async () =>
    valueOf(await scrape("/metrics?collect[]=exporter"), "heartbeat_exporter_probes_queued") === 1
      ? true
      : undefined,
  );
  api.treat("replica-a", "refuse");
  clock.advance(seconds(21));
  started[0]?.succeed();
  expect(valueOf(await first, "probe_success")).toBe(1);
  expect(await second).toMatch(
    /^# HELP probe_skipped .*\n# TYPE probe_skipped gauge\nprobe_skipped\{reason="not_leader"\} 1\n$/,
  );
  expect(started).toHaveLength(1);
  expect(
    valueOf(await scrape("/metrics"), "heartbeat_health_checks_total", { target: "two", status: "failure" }),
  ).toBe(0);
});

describe("the kubeconfig of the lease", () => {
  it("of kubectl proxy, without TLS, makes a leader", async () => {
    await using api = await startKubernetes({ proxy: true });
    await using it = await world(lease(), api);
    await waitUntil("a leader", async () => ((await it.leads()) === 1 ? true : undefined));
    expect(api.get(LEASE)?.spec["holderIdentity"]).toBe("me");
  });

  it("is read again when it has been corrected, without a restart", async () => {
    await using it = await world(lease(), undefined, { server: "https://127.0.0.1:1" });
    await waitUntil("a failure", () =>
      it.exporter.logged.some(({ level }) => level === "warn") ? true : undefined,
    );
    await it.exporter.folder.write("kube.json", it.api.kubeconfig({ namespace: "monitoring" }));
    await waitUntil("a leader", async () => {
      it.clock.advance(seconds(1));
      return (await it.leads()) === 1 ? true : undefined;
    });
    expect(it.api.get(LEASE)?.spec["holderIdentity"]).toBe("me");
  });
});
