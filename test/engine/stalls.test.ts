import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { createMemory } from "../../src/core/memory.ts";
import type { Result } from "../../src/core/result.ts";
import type { Module } from "../../src/core/target.ts";
import { seconds } from "../../src/core/units.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { requestFor } from "../../src/engine/probe-request.ts";
import { createResolver } from "../../src/network/resolver.ts";
import { send } from "../../src/notify/delivery/http-client.ts";
import { dnsProber } from "../../src/probers/dns/prober.ts";
import { httpProber } from "../../src/probers/http/prober.ts";
import { icmpProber } from "../../src/probers/icmp/prober.ts";
import { llmMetrics } from "../../src/probers/llm/metrics.ts";
import { llmProber } from "../../src/probers/llm/prober.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { ownLookup, type SystemLookup } from "../../src/probers/network/resolve.ts";
import { tcpProber } from "../../src/probers/tcp/prober.ts";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf as valueIn } from "../helpers/exposition.ts";
import { moduleOf as standIn, targetOf } from "../helpers/stand-in-prober.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { moduleOf as dnsModule, valueIn as dnsValue } from "../probers/dns/probe.ts";
import { moduleOf as httpModule } from "../probers/http/probe.ts";
import { compile as compileIcmp } from "../probers/icmp/probe.ts";
import { compile as compileLlm, valueOf } from "../probers/llm/support.ts";
import { tcp } from "../probers/query-response/probing.ts";
import { type ResponseTimes, startThreadedServer } from "./threaded-server.ts";

/** Computes for so long, as an expensive scrape or reload would. */
function stall(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Computes after some time, and after sockets have been read, so that timers are what runs next. */
const stallAfter = (delay: number, milliseconds: number): void =>
  void setTimeout(() => setImmediate(stall, milliseconds), delay);

const server = await startThreadedServer({ first: 60, rest: 60 });
afterAll(() => server[Symbol.asyncDispose]());

/** Longer than the deadline, so that a probe that counts it fails. */
const STALL_MS = 700;
const TIMEOUT = seconds(0.4);

const http = standIn(httpProber, {
  options: httpModule({ preferred_ip_protocol: "ip4", tls_config: { insecure_skip_verify: true } }),
});
const llm = standIn(llmProber, {
  options: compileLlm({ expect: { word: "HEALTHY" }, tls_config: { insecure_skip_verify: true } }).module,
});

const icmp = standIn(icmpProber, { options: compileIcmp().module });

function startEngine({ maxConcurrentProbes = 100, resolver = ownLookup } = {}) {
  const bugs: unknown[] = [];
  const engine = createEngine({
    clock: systemClock,
    memory: createMemory(),
    limits: { maxConcurrentProbes },
    network: (module, target, signal, clock) => openNetwork(module, target, signal, clock, resolver),
    onResult: () => undefined,
    onBug: (_module, _target, error) => bugs.push(error),
  });
  const probe = async (module: Module, address: string, timeout = TIMEOUT): Promise<Result> => {
    const request = requestFor(targetOf(module, { name: address, address, model: "m" }));
    const response = await engine.probe(request, { timeout });
    if (response.kind !== "result") throw new Error(`got ${response.kind}, want a result`);
    return response.result;
  };
  return { engine, probe, bugs };
}

const outcomeOf = ({ outcome }: Result): string =>
  outcome.ok ? "ok" : `${outcome.reason}: ${outcome.detail}`;

/** Starts a probe, and a stall so many milliseconds later; for -1 in the same turn of the loop. */
async function duringStall<T>(at: number, run: () => Promise<T>): Promise<T> {
  if (at >= 0) stallAfter(at, STALL_MS);
  const running = run();
  if (at < 0) stall(STALL_MS);
  return running;
}

/** The connection, the handshake, the request, the first byte, the rest and the end of a probe. */
const BEGINNINGS = [-1, 0, 2, 5, 30, 58, 70, 100, 118] as const;

const PROBES = [
  { what: "http", module: http, url: `${server.urls.http}/http` },
  { what: "https", module: http, url: `${server.urls.https}/https` },
  { what: "https with TLS 1.2", module: http, url: `${server.urls.oldTls}/old` },
  { what: "llm", module: llm, url: `${server.urls.http}/v1` },
  { what: "llm over https", module: llm, url: `${server.urls.https}/v2` },
  { what: "llm over TLS 1.2", module: llm, url: `${server.urls.oldTls}/v3` },
] as const;

describe("a stall of the loop that is longer than the deadline", () => {
  it.each(BEGINNINGS)("from %i ms on is no failure and no part of a duration", async (at) => {
    const { probe } = startEngine();
    const before = await server.took();
    const results = await duringStall(at, () =>
      Promise.all(PROBES.map(({ module, url }) => probe(module, `${url}/${at}`))),
    );
    expect(before.size).toBe((await server.took()).size - PROBES.length);
    const took = await server.took();
    for (const [i, { what, url }] of PROBES.entries()) {
      const result = results[i];
      if (result === undefined) throw new Error(`no result of ${what}`);
      expect([what, outcomeOf(result)]).toEqual([what, "ok"]);
      const path = `${new URL(url).pathname}/${at}`;
      const truth = took.get(path) ?? took.get(`${path}/chat/completions`);
      if (truth === undefined) throw new Error(`the server saw no request for ${path}`);
      for (const [name, measured, most] of timesOf(result, truth))
        expect(`${what}: ${name} ${measured * 1000 < most + STALL_MS / 2 || measured * 1000}`).toBe(
          `${what}: ${name} true`,
        );
    }
  });

  it("is no failure of an ICMP probe, and no part of its times", async () => {
    const { probe } = startEngine();
    // Starts the process that starts ping.
    await probe(icmp, "127.0.0.1", seconds(10));
    for (const at of [-1, 0, 1, 2, 4, 8]) {
      const result = await duringStall(at, () => probe(icmp, "127.0.0.1"));
      expect([at, outcomeOf(result)]).toEqual([at, "ok"]);
      // As long as ping reports.
      expect(result.duration * 1000).toBeLessThan(STALL_MS / 4);
    }
  });

  it("is no failure of a query to a name server, and sends it once", async () => {
    const dns = standIn(dnsProber, { options: dnsModule({ query_type: "A" }) });
    for (const at of [-1, 0, 2, 30, 58, 62]) {
      const { probe } = startEngine();
      const result = await duringStall(at, () => probe(dns, `127.0.0.1:${server.dnsPort}`));
      expect([at, outcomeOf(result)]).toEqual([at, "ok"]);
      expect(dnsValue(result, "probe_dns_retries")).toBe(0);
      expect(result.duration * 1000).toBeLessThan(60 + STALL_MS / 2);
    }
  });

  it.each([-1, 0, 2, 30, 58, 62])("from %i ms on is no failure of a conversation", async (at) => {
    const { probe } = startEngine();
    const results = await duringStall(at, () =>
      Promise.all(
        (
          [
            ["http", {}],
            ["https", { tls: true, tls_config: { insecure_skip_verify: true } }],
          ] as const
        ).map(([scheme, options]) => {
          const query_response = [
            { send: `GET /tcp/${scheme}/${at} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r` },
            { expect: "^HTTP/1.1 200" },
            { expect: "^e$" },
          ];
          const module = standIn(tcpProber, { options: tcp.compile({ ...options, query_response }).module });
          return probe(module, new URL(server.urls[scheme]).host);
        }),
      ),
    );
    expect(results.map(outcomeOf)).toEqual(["ok", "ok"]);
    const took = await server.took();
    for (const [i, scheme] of ["http", "https"].entries()) {
      const truth = took.get(`/tcp/${scheme}/${at}`)?.all ?? 0;
      expect((results[i]?.duration ?? 0) * 1000).toBeLessThan(truth + STALL_MS / 2);
    }
  });

  it("in the middle of a wait leaves the duration exact", async () => {
    await using slow = await startThreadedServer({ first: 1500, rest: 0 });
    const { probe } = startEngine();
    const results = await duringStall(300, () =>
      Promise.all([
        probe(http, `${slow.urls.http}/a`, seconds(5)),
        probe(llm, `${slow.urls.http}/v1`, seconds(5)),
      ]),
    );
    const took = [...(await slow.took()).values()];
    for (const [i, { duration }] of results.entries()) {
      expect(duration * 1000).toBeGreaterThan((took[i]?.all ?? Infinity) - STALL_MS / 2);
      expect(duration * 1000).toBeLessThan((took[i]?.all ?? 0) + STALL_MS / 2);
    }
    const firstToken = valueOf(results[1], llmMetrics.firstToken) ?? 0;
    expect(firstToken * 1000).toBeGreaterThan((took[1]?.first ?? Infinity) - STALL_MS / 2);
  });

  it("marks a duration that it makes uncertain", async () => {
    const { probe } = startEngine();
    const plain = await probe(http, `${server.urls.http}/certain`);
    const stalled = await duringStall(30, () => probe(http, `${server.urls.http}/uncertain`));
    expect(plain.uncertainty ?? 0).toBeLessThan(STALL_MS / 2000);
    expect(stalled.uncertainty ?? 0).toBeGreaterThan(STALL_MS / 2000);
  });

  it("is no failure of a probe that waits for a slot", async () => {
    const { probe } = startEngine({ maxConcurrentProbes: 1 });
    const results = await duringStall(20, () =>
      Promise.all(["/one", "/two"].map((path) => probe(http, `${server.urls.http}${path}`))),
    );
    expect(results.map(outcomeOf)).toEqual(["ok", "ok"]);
  });

  it("is no failure of a request to a webhook receiver", async () => {
    const request = {
      method: "POST",
      url: `${server.urls.https}/webhook`,
      headers: {},
      timeout: TIMEOUT,
      tls: { insecureSkipVerify: true },
      maxBodyBytes: 100,
    };
    const { signal } = new AbortController();
    for (const at of [-1, 2, 30, 100])
      expect(await duringStall(at, () => send(request, signal, systemClock))).toMatchObject({
        kind: "answer",
      });
  });

  it("does not make a probe give up an address", async () => {
    // No server listens at the second address. The stall begins when the first one is being connected to.
    let stalls = 0;
    const twoAddresses: SystemLookup = (_host, _options, done) => {
      done(null, [
        { address: "127.0.0.1", family: 4 },
        { address: "::1", family: 6 },
      ]);
      if (stalls === 0) stall(STALL_MS);
      stalls += 1;
    };
    const { probe } = startEngine({ resolver: twoAddresses });
    const { port } = new URL(server.urls.http);
    expect(outcomeOf(await probe(llm, `http://name.example:${port}/v1`))).toBe("ok");

    // The connection is opened in one of the microtasks before the last one.
    const deadline = new AbortController();
    const cancel = systemClock.timeout(seconds(60), () => deadline.abort());
    const network = openNetwork(http, { address: "", configured: true }, deadline.signal, systemClock);
    const addresses = ["127.0.0.1", "::1"];
    const opening = network.connect({ host: "name.example", port: Number(port), addresses });
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
    stall(STALL_MS);
    const opened = await opening;
    cancel();
    expect(opened).toMatchObject({ ok: true });
    deadline.abort();
  });

  it("is no failure of the name servers", async () => {
    await using folder = await temporaryFolder();
    const resolver = createResolver(systemClock, {
      hostsFile: await folder.write("hosts", ""),
      resolvConf: await folder.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
      nsswitch: await folder.write("nsswitch.conf", "hosts: dns\n"),
      port: server.dnsPort,
    });
    const cancelDeadline = systemClock.timeout(seconds(60), () => undefined);
    stallAfter(20, 2500);
    const [found] = await resolver.resolve("name.example");
    cancelDeadline();
    expect(found.address).toBe("127.0.0.1");
  });

  it("does not blame a prober that stops at its deadline", async () => {
    const { probe, bugs } = startEngine();
    stallAfter(1000 * TIMEOUT - 2, STALL_MS);
    expect(outcomeOf(await probe(llm, `${server.urls.silent}/v1`))).toMatch(/^timeout/);
    expect(bugs).toEqual([]);
  });
});

describe("a target that hangs", () => {
  it("times out although the loop stalls again and again", async () => {
    const { probe } = startEngine();
    const isOver = new AbortController();
    const stallAgain = (): void => {
      stall(60);
      if (!isOver.signal.aborted) setImmediate(stallAgain);
    };
    stallAgain();
    const results = await Promise.all([
      probe(http, `${server.urls.silent}/`),
      probe(llm, `${server.urls.silent}/v1`),
    ]);
    isOver.abort();
    expect(results.map(outcomeOf)).toEqual([
      expect.stringMatching(/^timeout: /),
      expect.stringMatching(/^timeout_first_token: /),
    ]);
  });
});

describe("an exporter that is stopped", () => {
  it("continues its probes, and does not measure that it was stopped", async () => {
    const yaml = `modules:
  plain: { prober: http, timeout: 400ms, http: { preferred_ip_protocol: ip4 } }
  chat: { prober: llm, timeout: 400ms, min_interval: 0s, llm: { api: openai, model: m, expect: { word: HEALTHY } } }
`;
    await using exporter = await startExporter({ yaml });
    const probes = ["/probe?module=plain&target=", "/probe?module=chat&model=m&target="];
    for (const at of [10, 40, 90, 130]) {
      const texts = probes.map((path) => exporter.get(`${path}${server.urls.http}/stopped/${at}`));
      await pause(at);
      exporter.process.kill("SIGSTOP");
      await pause(STALL_MS);
      exporter.process.kill("SIGCONT");
      for (const text of await Promise.all(texts)) {
        expect(valueIn(text, "probe_success")).toBe(1);
        expect(valueIn(text, "probe_duration_seconds")).toBeLessThan(STALL_MS / 1000);
      }
    }
    expect(
      valueIn(await exporter.get("/metrics"), "heartbeat_exporter_event_loop_stalled_seconds_total"),
    ).toBeGreaterThan(STALL_MS / 1000);
  });
});

/** Returns the times of a result in seconds, each with the longest that it can truly be, in milliseconds. */
function timesOf(result: Result, truth: ResponseTimes): readonly (readonly [string, number, number])[] {
  const phases = result.samples.filter(({ labels }) => labels?.["phase"] !== undefined);
  return [
    ["duration", result.duration, truth.all],
    ["first token", valueOf(result, llmMetrics.firstToken) ?? 0, truth.first],
    ["silence", valueOf(result, llmMetrics.maxStall) ?? 0, truth.all - truth.first],
    ...phases.map(({ labels, value }) => [labels?.["phase"] ?? "", value, truth.all] as const),
  ];
}
