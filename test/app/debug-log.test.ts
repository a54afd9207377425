import { describe, expect, test } from "vitest";
import { logProbe } from "../../src/app/log-probe.ts";
import type { Log } from "../../src/core/log.ts";
import { failed } from "../../src/core/prober.ts";
import { seconds } from "../../src/core/units.ts";
import { shownPath } from "../../src/server/front/request-log.ts";
import { runMain, startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { freePort, waitUntil } from "../helpers/process.ts";
import { resultOf } from "../helpers/result.ts";
import { startScrapeFixtures } from "../helpers/scrape-fixture.ts";
import { heldProber, moduleOf } from "../helpers/stand-in-prober.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

type Line = Readonly<Record<string, unknown>>;

/** Parses logfmt: numbers and flags become what JSON makes of them. */
const linesOf = (text: string): readonly Line[] =>
  text.split("\n").map((line) => {
    const pairs = line.matchAll(/(\S+?)=("(?:[^"\\]|\\.)*"|\S*)/g);
    return Object.fromEntries(
      Array.from(pairs, ([, key, value = ""]) => [
        key,
        /^("|-?\d+(\.\d+)?$|true$|false$)/.test(value) ? (JSON.parse(value) as unknown) : value,
      ]),
    );
  });

describe("the log at debug", () => {
  test("shows the request and the response of every prober", async () => {
    await using resources = new AsyncDisposableStack();
    const fixtures = await startScrapeFixtures();
    for (const fixture of fixtures) resources.use(fixture);
    const yaml = `
prices: { demo-model: { input: 1, output: 1 } }
modules:
${fixtures.map((fixture) => fixture.modules).join("\n")}
targets:
${fixtures.map((fixture) => fixture.targets).join("\n")}
`;
    const files = Object.assign({}, ...fixtures.map((fixture) => fixture.files)) as Record<string, string>;
    await using exporter = await startExporter({ yaml, files, args: ["--log.level=debug"] });
    const { targets } = (await exporter.json("/api/v1/targets")) as {
      targets: readonly { name: string; kind: string }[];
    };
    const about = (kind: string): readonly Line[] => {
      const names = new Set(targets.filter((one) => one.kind === kind).map(({ name }) => name));
      const lines = linesOf(exporter.process.stderr());
      // A tier has the address of its target.
      return lines.filter(
        ({ target, module }) => names.has(String(target)) || (kind === "llm" && module === "chat"),
      );
    };
    const has = (kind: string, wanted: Line): void => {
      expect(about(kind)).toContainEqual(expect.objectContaining(wanted));
    };
    // More than one scrape if the disk of a busy machine does not give a certificate in time.
    await waitUntil("a good result of each", async () => {
      await exporter.get("/metrics");
      const succeeded = ({ msg, ok }: Line): boolean => msg === "probe ended" && ok === true;
      return targets.every(({ kind }) => about(kind).some(succeeded)) ? true : undefined;
    });
    const url: unknown = expect.stringMatching(/^https?:/);
    has("http", { msg: "probe: requesting", method: "GET", url });
    has("http", { msg: "probe: response", status: 200, seconds: expect.any(Number) });
    has("llm", {
      msg: "probe: asking",
      method: "POST",
      url,
      model: "demo-model",
      prompt: expect.any(String),
    });
    has("llm", { msg: "probe: answered", status: 200, answer: expect.any(String) });
    has("llm", { msg: "probe: asked", method: "GET", url });
    has("llm", { msg: "probe ended", answer: expect.any(String), output_tokens: expect.any(Number) });
    has("dns", { msg: "probe: asking", question: "zone.test. IN SOA", transport: "tls" });
    has("dns", { msg: "probe: answer", rcode: "NOERROR", answer: 2 });
    has("tcp", { msg: "probe: resolved", address: "127.0.0.1" });
    for (const kind of ["tcp", "unix"]) {
      has(kind, { msg: "probe: connected", seconds: expect.any(Number) });
      has(kind, { msg: "probe: TLS handshake", version: "TLS 1.3" });
      has(kind, { msg: "probe: matched", step: 1, line: expect.stringContaining("ready") });
    }
    has("heartbeat_log", { msg: "probe: read the log", lines: expect.any(Number) });
    has("icmp", { msg: "probe: starting ping", arguments: expect.stringContaining("127.0.0.1") });
    has("icmp", { msg: "probe: reply", hop_limit: 64, rtt_ms: expect.any(Number) });
    has("kubernetes_lease", { msg: "probe: reading the lease", method: "GET" });
    has("kubernetes_lease", { msg: "probe: response", answer: "record" });
    expect(targets.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        "http",
        "tcp",
        "dns",
        "icmp",
        "unix",
        "llm",
        "heartbeat_log",
        "kubernetes_lease",
      ]),
    );
  });

  test("shows no secret of a probe, and nothing that imitates a line", async () => {
    await using server = await serveHttp((_request, response) => {
      response.end(JSON.stringify({ message: { content: "sk-hidden\n\u001b[31mlevel=error" }, done: true }));
    });
    const yaml = `
modules:
  web: { prober: http, timeout: 2s, http: { headers: { X-Token: header-hidden } } }
  chat: { prober: llm, timeout: 2s, llm: { api: ollama, stream: false, api_key: sk-hidden, prompt: "Repeat sk-hidden" } }
targets:
  - { name: web, module: web, target: "http://ann:pass-hidden@${server.host}/?token=query-hidden" }
  - { name: chat, module: chat, target: "http://${server.host}", model: m }
heartbeats: [{ name: prod, token_file: token }]
`;
    await using exporter = await startExporter({
      yaml,
      files: { token: "ping-hidden" },
      args: ["--log.level=debug"],
    });
    for (const path of ["/metrics?a=query-hidden", "/ping/ping-hidden/prod", "/%70ing/ping-hidden/prod"])
      await fetch(`${exporter.url}${path}`);
    await fetch(`${exporter.url}/probe?module=web&target=http://x:pass-hidden@${server.host}/`);
    const log = exporter.process.stderr();
    expect(log).toContain('url="http://127.0.0.1');
    expect(log).toContain('prompt="Repeat <secret>"');
    expect(log).toMatch(/msg=request method=GET path=\/metrics status=200 duration=[\d.e-]+ /);
    expect(log).toMatch(/msg=request method=GET path=\/ping\/\.\.\. status=200/);
    expect(log).toMatch(/msg=request method=GET path=\/ping\/\.\.\. status=404/);
    expect(log).not.toContain("hidden");
    expect(log).not.toContain("\u001b");
    expect(log.split("\n").filter((line) => line !== "" && !line.startsWith("time="))).toEqual([]);
  });

  const probe = { name: "gpt", request: { module: moduleOf(heldProber().prober) } };

  /** A log that collects its debug lines. */
  const collect = () => {
    const lines: { fields: object; message: string }[] = [];
    const never = (): void => {};
    const debug = (fields: object, message: string): void => void lines.push({ fields, message });
    const log: Log = { debug, info: never, warn: never, error: never };
    return { lines, log };
  };

  test("bounds what a prober tells", () => {
    const { lines, log } = collect();
    const fields = {
      target: "forged",
      level: "error",
      text: `a\nb${"x".repeat(1000)}`,
      big: 1n,
      list: ["a b"],
      none: undefined,
      ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, i])),
    };
    const line = { at: seconds(0.1), message: "m\u202e", fields };
    const result = resultOf({
      log: Array.from({ length: 500 }, () => line),
      outcome: failed("timeout", "late"),
    });
    logProbe({ log, failures: "debug" }, { ...probe, result });
    expect(lines).toHaveLength(42);
    const [first, , ...rest] = lines;
    expect(first?.message).toBe("probe: m\\u{202e}");
    expect(first?.fields).toMatchObject({ target: "gpt", target_: "forged", level_: "error", big: "1" });
    expect(first?.fields).toMatchObject({ list: '["a b"]', text: `a\\nb${"x".repeat(197)}...` });
    expect(Object.keys(first?.fields ?? {})).toHaveLength(4 + 16);
    expect(rest.at(-2)).toMatchObject({ fields: { lines: 460 } });
    expect(rest.at(-1)).toMatchObject({ message: "probe ended", fields: { reason: "timeout" } });
  });

  test("costs nothing while the level is higher", () => {
    const { lines, log } = collect();
    const untouchable = new Proxy(resultOf(), {
      get: () => {
        throw new Error("the result was read");
      },
    });
    const quiet: Log = { ...log, isLevelEnabled: () => false };
    logProbe({ log: quiet, failures: "debug" }, { ...probe, result: untouchable });
    expect(lines).toEqual([]);
  });

  test.each([
    ["/metrics?x=1", "/metrics"],
    ["/prefix/ping/token/name", "/prefix/ping/..."],
    ["/PING/token", "/PING/..."],
    ["/%50ing%2Ftoken", "/Ping/..."],
    ["/%zz/ping/token", "/%zz/ping/..."],
    [`/${"x".repeat(300)}`, `/${"x".repeat(199)}...`],
  ])("shows the path %s", (url, expected) => {
    expect(shownPath(url)).toBe(expected);
  });
});

describe("--log.prober", () => {
  test.each([
    { args: [], lines: [] },
    { args: ["--log.level=debug", "--log.prober=warn"], lines: ["error probe ended connect"] },
    { args: ["--log.prober=info"], lines: ["error probe ended connect"] },
    { args: ["--log.prober=error", "--log.format=json"], lines: ["error probe ended connect"] },
    {
      args: ["--log.level=error", "--log.prober=debug"],
      lines: [
        "debug probe: requesting ",
        "debug probe: response ",
        "debug probe ended ",
        "error probe ended connect",
      ],
    },
  ])("with $args logs $lines of a good and a failed probe", async ({ args, lines }) => {
    await using target = await serveHttp((_request, response) => void response.end("fine"));
    await using exporter = await startQuiet(args);
    for (const host of [target.host, "127.0.0.1:1"])
      await exporter.get(`/probe?module=http_2xx&target=${host}`);
    // What a probe logs is written before its response is sent.
    const logged = exporter.process
      .stderr()
      .split("\n")
      .map((line) => (line.startsWith("{") ? (JSON.parse(line) as Line) : (linesOf(line)[0] ?? {})))
      .filter(({ module }) => module === "http_2xx")
      .map(({ level, msg, reason = "" }) => [level, msg, reason].join(" "));
    expect(logged.filter((line) => /requesting|response|ended/.test(line))).toEqual(lines);
    expect(logged.some((line) => line.startsWith("debug"))).toBe(args.includes("--log.prober=debug"));
  });
});

/** Starts an exporter whose log may be too quiet to say where it listens. */
async function startQuiet(args: readonly string[]) {
  const port = await freePort();
  await using folder = await temporaryFolder();
  const config = await folder.write("exporter.yml", "modules: { http_2xx: { prober: http, timeout: 5s } }\n");
  await using resources = new AsyncDisposableStack();
  const running = resources.use(
    runMain([`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`, ...args]),
  );
  const url = `http://127.0.0.1:${port}`;
  await running.waitForHttp(`${url}/-/ready`);
  const owned = resources.move();
  return {
    process: running,
    get: async (path: string): Promise<string> => (await fetch(`${url}${path}`)).text(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
