import { describe, expect, test } from "vitest";
import { microTime } from "../../../src/core/lease.ts";
import { createMemory, type Memory } from "../../../src/core/memory.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { kubernetesLeaseProber } from "../../../src/probers/kubernetes-lease/prober.ts";
import { checkedProber } from "../../helpers/checked-prober.ts";
import { type ManualClock, manualClock } from "../../helpers/clock.ts";
import { startLocalExporter } from "../../helpers/exporter.ts";
import { valueOf } from "../../helpers/exposition.ts";
import { type KubernetesServer, startKubernetes } from "../../helpers/kubernetes.ts";
import { waitUntil } from "../../helpers/process.ts";

const START = 1_757_943_000;
const NAME = "kcp/syncer-heartbeat";
const renewed = (at: number): string => microTime(timestamp(START + at));
const spec = (more: Record<string, unknown> = {}) => ({
  holderIdentity: "syncer-1",
  leaseDurationSeconds: 30,
  acquireTime: renewed(-3600),
  renewTime: renewed(-2.5),
  leaseTransitions: 2,
  ...more,
});

interface World extends AsyncDisposable {
  readonly api: KubernetesServer;
  readonly clock: ManualClock;
  readonly memory: Memory;
  /** Returns the response of a probe: an exposition, or debug output. */
  probe(query?: string, target?: string): Promise<string>;
}

async function world(
  options: {
    module?: string;
    config?: string;
    memory?: Memory;
    clock?: ManualClock;
    api?: KubernetesServer;
  } = {},
): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const api = options.api ?? resources.use(await startKubernetes());
  const clock = options.clock ?? manualClock();
  const memory = options.memory ?? createMemory();
  const exporter = resources.use(
    await startLocalExporter({
      yaml: `modules: { lease: { prober: kubernetes_lease, timeout: 5s, kubernetes_lease: { kubeconfig: kube.json, ${options.module ?? ""} } } }`,
      files: { "kube.json": options.config ?? api.kubeconfig() },
      probers: [checkedProber(kubernetesLeaseProber)] as never,
      clock,
      memory,
    }),
  );
  const owned = resources.move();
  return {
    api,
    clock,
    memory,
    async probe(query = "", target = NAME) {
      const response = await fetch(`${exporter.url}/probe?module=lease&target=${target}${query}`);
      return response.text();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const success = (text: string): number | undefined => valueOf(text, "probe_success");
const reason = (text: string): string | undefined =>
  /probe_failure_reason\{reason="(.*)"\} 1/.exec(text)?.[1];
const up = (text: string): number | undefined =>
  valueOf(text, "heartbeat_up", { heartbeat: NAME, source: "lease" });

describe("the result of a lease", () => {
  const outcomes: readonly { name: string; stored?: Record<string, unknown>; module?: string }[] = [
    { name: "success", stored: spec() },
    { name: "released", stored: spec({ holderIdentity: "", leaseDurationSeconds: 1 }) },
    { name: "never-renewed", stored: { holderIdentity: "syncer-1", leaseDurationSeconds: 30 } },
    { name: "no-duration", stored: spec({ leaseDurationSeconds: undefined }) },
    {
      name: "no-duration-but-timeout",
      stored: spec({ leaseDurationSeconds: undefined }),
      module: "timeout: 45s",
    },
    { name: "other-holder", stored: spec(), module: "expected_holder: syncer-9" },
    { name: "absent" },
    { name: "holder-of-many-letters", stored: spec({ holderIdentity: `"${"x".repeat(500)}` }) },
  ];

  test.each(outcomes)("$name", async ({ name, stored, module }) => {
    await using all = await world(module === undefined ? {} : { module });
    if (stored !== undefined) all.api.put(NAME, stored);
    await expect(await all.probe()).toMatchFileSnapshot(`../../golden/kubernetes-lease/${name}.prom`);
  });

  test("a released lease has a message of its own", async () => {
    await using all = await world();
    all.api.put(NAME, spec({ holderIdentity: "" }));
    expect(await all.probe("&debug=true")).toContain("probe failed (stale): the lease has no holder");
  });

  test("expired", async () => {
    await using all = await world();
    all.api.put(NAME, spec());
    await all.probe();
    all.clock.advance(seconds(31));
    await expect(await all.probe()).toMatchFileSnapshot("../../golden/kubernetes-lease/expired.prom");
  });
});

describe("when a lease expires", () => {
  test.each([
    ["behind", -7200],
    ["ahead", 7200],
  ])("a holder whose clock is %s by hours is judged by its renewals", async (_, skew) => {
    await using all = await world();
    for (let renewals = 0; renewals < 5; renewals += 1) {
      all.api.put(NAME, spec({ renewTime: renewed(skew + renewals * 10) }));
      expect(success(await all.probe())).toBe(1);
      all.clock.advance(seconds(10));
    }
    all.clock.advance(seconds(19));
    expect(success(await all.probe())).toBe(1);
    all.clock.advance(seconds(1));
    const expired = await all.probe();
    expect([success(expired), reason(expired), up(expired)]).toEqual([0, "stale", 0]);
  });

  test("a change of labels is not a renewal, a change to an earlier time is", async () => {
    await using all = await world();
    all.api.put(NAME, spec());
    await all.probe();
    all.clock.advance(seconds(30));
    all.api.put(NAME, spec(), { looked: "at" });
    expect(success(await all.probe())).toBe(0);
    all.api.put(NAME, spec({ renewTime: renewed(-500) }));
    expect(success(await all.probe())).toBe(1);
  });

  test("the module's timeout takes precedence over the lease's duration", async () => {
    await using all = await world({ module: "timeout: 60s" });
    all.api.put(NAME, spec());
    await all.probe();
    all.clock.advance(seconds(59));
    expect(success(await all.probe())).toBe(1);
    all.clock.advance(seconds(1));
    expect(success(await all.probe())).toBe(0);
  });

  test("the heartbeat of a deleted lease goes down when its timeout ends", async () => {
    await using all = await world();
    all.api.put(NAME, spec());
    await all.probe();
    all.api.delete(NAME);
    all.clock.advance(seconds(29));
    const gone = await all.probe();
    expect([success(gone), reason(gone), up(gone)]).toEqual([0, "http_status", 1]);
    all.clock.advance(seconds(1));
    expect(up(await all.probe())).toBe(0);
  });
});

describe("after a restart", () => {
  /** Restores the memory of an exporter in another process, `away` seconds later by the wall clock. */
  async function restarted(silence: number, away: number): Promise<World> {
    const before = await world();
    const { api } = before;
    api.put(NAME, spec());
    await before.probe();
    before.clock.advance(seconds(silence));
    await before.probe();
    const memory = createMemory();
    const shelf = "prober/kubernetes_lease/lease";
    for (const [key, value] of before.memory.namespace(shelf).entries()) {
      memory
        .namespace(shelf)
        .put(key, { ...(JSON.parse(JSON.stringify(value)) as object), process: "another" });
    }
    // The monotonic clock of the other process is ahead.
    const clock = manualClock(START + away);
    clock.advance(seconds(silence + 1000));
    return world({ api, memory, clock });
  }

  test("silence goes on from where it was, without the downtime", async () => {
    await using all = await restarted(20, 3600);
    expect(success(await all.probe())).toBe(1);
    all.clock.advance(seconds(9));
    expect(success(await all.probe())).toBe(1);
    all.clock.advance(seconds(1));
    expect(success(await all.probe())).toBe(0);
    await all.api[Symbol.asyncDispose]();
  });

  test("an expired lease stays expired", async () => {
    await using all = await restarted(31, 5);
    expect(success(await all.probe())).toBe(0);
    await all.api[Symbol.asyncDispose]();
  });

  test("a lease renewed during the downtime has its whole timeout again", async () => {
    await using all = await restarted(31, 5);
    all.api.put(NAME, spec({ renewTime: renewed(33) }));
    expect(success(await all.probe())).toBe(1);
    all.clock.advance(seconds(29));
    expect(success(await all.probe())).toBe(1);
    await all.api[Symbol.asyncDispose]();
  });

  test("an invalid stored observation is ignored", async () => {
    const memory = createMemory();
    memory.namespace("prober/kubernetes_lease/lease").put(NAME, {
      renewTime: renewed(-2.5),
      silence: "long",
      at: 0,
      process: "another",
    });
    await using all = await world({ memory });
    all.api.put(NAME, spec());
    expect(success(await all.probe())).toBe(1);
    all.clock.advance(seconds(30));
    expect(success(await all.probe())).toBe(0);
  });
});

describe("the API server", () => {
  const refusals: readonly (readonly [name: string, status: number, reason: string])[] = [
    ["too many requests", 429, "rate_limited"],
    ["an error of its own", 500, "server_error"],
    ["another status", 418, "http_status"],
  ];
  test.each(refusals)("fails the probe with %s", async (_, status, wanted) => {
    await using all = await world();
    all.api.failNext(1, status);
    expect(reason(await all.probe())).toBe(wanted);
  });

  test("an unknown token and a missing right fail with auth, and the message shows no token", async () => {
    await using all = await world();
    const of = async (token: string): Promise<string> => {
      await using one = await world({ api: all.api, config: all.api.kubeconfig({ token }) });
      return await one.probe("&debug=true");
    };
    const unknown = await of("very-secret-token");
    expect(reason(unknown)).toBe("auth");
    expect(unknown).toContain("the API server answered 401: Unauthorized");
    expect(unknown).not.toContain("very-secret");
    const powerless = await of("no-rights");
    expect(reason(powerless)).toBe("auth");
    expect(powerless).toContain(`cannot get resource "leases"`);
  });

  test("accepts a client certificate", async () => {
    await using all = await world();
    all.api.put(NAME, spec());
    await using one = await world({ api: all.api, config: all.api.kubeconfig({ certificate: true }) });
    expect(success(await one.probe())).toBe(1);
    expect(all.api.requests.at(-1)).toMatchObject({ token: "certificate-user", status: 200 });
  });

  test("that does not answer in time fails the probe with timeout", async () => {
    await using all = await world();
    all.api.put(NAME, spec());
    await all.probe();
    all.api.treat("replica-a", "hang");
    const asked = all.probe();
    await waitUntil("the request", () => (all.api.hanging() === 1 ? true : undefined));
    all.clock.advance(seconds(5));
    const late = await asked;
    expect([reason(late), up(late)]).toEqual(["timeout", undefined]);
  });

  test("that is unreachable or another server fails the probe with the cause", async () => {
    await using all = await world();
    const config = all.api.kubeconfig();
    const of = async (text: string): Promise<string | undefined> => {
      await using one = await world({ api: all.api, config: text });
      return reason(await one.probe());
    };
    expect(await of(config.replace(all.api.url, "https://127.0.0.1:1"))).toBe("connect");
    expect(await of(config.replace(all.api.url, "https://does-not-exist.invalid"))).toBe("dns");
    await using other = await startKubernetes();
    expect(await of(config.replace(all.api.url, other.url))).toBe("tls");
    all.api.treat("replica-a", "refuse");
    expect(await of(config)).toBe("network");
  });
});

describe("the kubeconfig", () => {
  test("without the configured context is an error that names its contexts", async () => {
    await using all = await world({ module: "context: nowhere" });
    const text = await all.probe("&debug=true");
    expect(reason(text)).toBe("file_missing");
    expect(text).toMatch(/kube\.json: context: got "nowhere", want one of test, other/);
  });

  test("that cannot be parsed is an error that does not quote it", async () => {
    await using all = await world({ config: "token: very-secret\n  - [" });
    const text = await all.probe("&debug=true");
    expect(reason(text)).toBe("file_missing");
    expect(text).not.toContain("very-secret");
  });

  test("is read again after its token was rejected", async () => {
    await using api = await startKubernetes();
    api.put(NAME, spec());
    const clock = manualClock();
    await using exporter = await startLocalExporter({
      yaml: "modules: { lease: { prober: kubernetes_lease, kubernetes_lease: { kubeconfig: kube.json } } }",
      files: { "kube.json": api.kubeconfig({ token: "outdated" }) },
      probers: [checkedProber(kubernetesLeaseProber)] as never,
      clock,
    });
    const probe = async () => (await fetch(`${exporter.url}/probe?module=lease&target=${NAME}`)).text();
    expect(reason(await probe())).toBe("auth");
    await exporter.folder.write("kube.json", api.kubeconfig());
    expect(success(await probe())).toBe(1);
  });
});

test.each(["syncer", "kcp/", "kcp/a/b", "KCP/a", "../x", "kcp/..%2fsecrets"])(
  "refuses the target %s",
  async (target) => {
    await using all = await world();
    expect(await all.probe("", encodeURIComponent(target))).toMatch(
      /^target: got .*, want the namespace\/name of a Lease/,
    );
    expect(all.api.requests).toEqual([]);
  },
);
