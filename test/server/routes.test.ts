import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failed, type Prober, succeeded } from "../../src/core/prober.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { waitUntil } from "../helpers/process.ts";

/** Succeeds or fails by the scheme of the address: `ok://`, `bad://`, `bug://`; `ask://` answers like a model. */
const byAddress: Prober<{ readonly quic?: boolean }> = {
  kind: "scripted",
  metrics: [],
  reasons: ["connect"],
  schema: {
    type: "object",
    properties: { password: { type: "string", writeOnly: true }, quic: { type: "boolean" } },
    additionalProperties: false,
  },
  costly: false,
  compile(options, context) {
    if (options.quic === true) context.unsupported(["quic"], "QUIC is not supported");
    return options;
  },
  objection: ({ address }) =>
    /^[a-z]+:/.test(address) ? undefined : { part: "target", want: "an address with a scheme" },
  probe: async ({ address }, _module, { log }) => {
    log("asked", { address });
    if (address.startsWith("bug:")) throw new Error("a bug of the prober");
    if (address.startsWith("ask:")) return { outcome: succeeded, samples: [], answered: true };
    return address.startsWith("ok:")
      ? { outcome: succeeded, samples: [] }
      : { outcome: failed("connect", "refused by \u001b[31mthe test"), samples: [] };
  },
};

const TOKEN = "control-token-of-the-test";

const YAML = `
control: { token_file: token }
modules:
  scripted: { prober: scripted, timeout: 2s, scripted: { password: hunter22 } }
  other: { prober: scripted }
  quic: { prober: scripted, scripted: { quic: true } }
targets:
  - { name: gpt, module: scripted, target: "ask://gpt", failover: {}, interval: 1h, labels: { team: ai } }
  - { name: shop, module: scripted, target: "ok://shop", critical: true, expected_duration: 5s }
  - { name: till, module: scripted, target: "bad://till" }
`;

let exporter: LocalExporter;
beforeAll(async () => {
  exporter = await startLocalExporter({ yaml: YAML, probers: [byAddress], files: { token: `${TOKEN}\n` } });
});
afterAll(() => exporter[Symbol.asyncDispose]());

const ask = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${exporter.url}${path}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const post = (path: string, body?: string) =>
  ask(path, {
    method: "POST",
    headers: { Authorization: `Bearer ${TOKEN}` },
    ...(body === undefined ? {} : { body }),
  });

describe("/probe", () => {
  it.each([
    { query: "target=gpt", expected: "probe_success 1" },
    { query: "target=gpt&module=scripted", expected: "probe_success 1" },
    { query: "target=shop&module=&hostname=&model=", expected: "probe_success 1" },
    { query: "target=till", expected: 'probe_failure_reason{reason="connect"} 1' },
    { query: "target=ok://elsewhere&module=other", expected: "probe_success 1" },
    { query: "target=ok%253A%252F%252Felsewhere&module=other", expected: "probe_success 1" },
    { query: "target=ok://first&target=bad://second&module=other", expected: "probe_success 1" },
    { query: "target=bug://x&module=other", expected: 'probe_failure_reason{reason="internal"} 1' },
  ])("?$query returns 200 with $expected", async ({ query, expected }) => {
    const { status, headers, text } = await ask(`/probe?${query}`);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(text).toContain(`${expected}\n`);
    expect(text).not.toMatch(/^probe_success\{/m);
  });

  it.each([
    {
      query: "target=ok://x&module=nope",
      text: 'module: got "nope", want a configured module (scripted, other)',
    },
    {
      query: "module=scripted",
      text: "target: got nothing, want ?target= with an address or the name of a configured target",
    },
    { query: "", text: 'module: got "http_2xx", want a configured module (scripted, other)' },
    {
      query: "target=&module=scripted",
      text: "target: got nothing, want ?target= with an address or the name of a configured target",
    },
    {
      query: "target=nobody",
      text: 'target: got "nobody", want the name of a configured target (gpt, shop, till), or ?module= beside an address',
    },
    {
      query: "target=&module=",
      text: 'module: got "http_2xx", want a configured module (scripted, other)',
    },
    {
      query: "target=ok://x&module=quic",
      text: 'module: got "quic", which is off (modules.quic.scripted.quic: QUIC is not supported), want another module',
    },
    { query: "target=::::&module=scripted", text: 'target: got "::::", want an address with a scheme' },
  ])("?$query returns 400", async ({ query, text }) => {
    expect(await ask(`/probe?${query}`)).toMatchObject({ status: 400, text: `${text}\n` });
  });

  it.each([
    { query: "ok%3A%2F%2Fa%2Fgroup%252Fname", address: "ok://a/group%2Fname" },
    { query: "ok://a/%2Fa%253Fb", address: "ok://a//a%3Fb" },
    { query: "ok%3A%2F%2Fa%2F100%2525", address: "ok://a/100%25" },
    { query: "ok%253A%252F%252Fa%252Fb", address: "ok://a/b" },
  ])(
    "takes target=$query as $address: only what has no scheme is decoded again",
    async ({ query, address }) => {
      const { text } = await ask(`/probe?target=${query}&module=other&debug=true`);
      expect(text).toContain(` asked address=${JSON.stringify(address)}\n`);
    },
  );

  it.each(["nonsense", "1,5", "NaN", "Infinity", "1s", "0x10"])(
    "refuses the scrape timeout %j",
    async (header) => {
      const headers = { "X-Prometheus-Scrape-Timeout-Seconds": header };
      const { status, text } = await ask("/probe?target=shop", { headers });
      expect(status).toBe(500);
      expect(text).toBe(
        `X-Prometheus-Scrape-Timeout-Seconds: got ${JSON.stringify(header)}, want a number of seconds\n`,
      );
    },
  );

  it("bounds the probe by the scrape's timeout minus the offset, and by the module's timeout", async () => {
    const timeoutAt = async (header: string) =>
      (await ask("/probe?target=shop", { headers: { "X-Prometheus-Scrape-Timeout-Seconds": header } })).text;
    expect(await timeoutAt("1.5")).toContain("probe_timeout_seconds 1\n");
    expect(await timeoutAt("10")).toContain("probe_timeout_seconds 2\n");
    for (const none of ["0", "-0", ""]) expect(await timeoutAt(none)).toContain("probe_timeout_seconds 2\n");
    // Less than the offset: the module's timeout counts, or that of a probe on schedule, whose result counts for the target.
    for (const short of ["0.2", "-1", "0.5"]) {
      expect(await timeoutAt(short)).toContain("probe_timeout_seconds 2\n");
    }
  });

  it.each(["0.4", "0.5", "-1"])(
    "leaves no time for an address with a scrape timeout of %s",
    async (header) => {
      const headers = { "X-Prometheus-Scrape-Timeout-Seconds": header };
      const { status, text } = await ask("/probe?target=ok://x&module=other&debug=true", { headers });
      expect(status).toBe(200);
      expect(text).toContain("probe_timeout_seconds 0\n");
    },
  );

  it("shows the log, the metrics and the module without its secrets for debug=true", async () => {
    const { text } = await ask("/probe?target=till&debug=true");
    expect(
      text
        .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/, "<time>")
        .replace(/\+[\d.]+ms/, "+<ms>")
        .replace(/_seconds [\d.e-]+/g, "_seconds <s>"),
    ).toBe(`Logs for the probe:
started at <time>
+<ms> asked address="bad://till"
probe failed (connect): refused by \\x1b[31mthe test


Metrics that would have been returned:
# HELP probe_success 1 if the probe succeeded, 0 if it failed
# TYPE probe_success gauge
probe_success 0
# HELP probe_duration_seconds Duration of the probe
# TYPE probe_duration_seconds gauge
probe_duration_seconds <s>
# HELP probe_timeout_seconds Longest duration that the probe was allowed
# TYPE probe_timeout_seconds gauge
probe_timeout_seconds <s>
# HELP probe_result_age_seconds Age of the result; 0 if the probe ran for this scrape
# TYPE probe_result_age_seconds gauge
probe_result_age_seconds <s>
# HELP probe_failure_reason ${text.match(/# HELP probe_failure_reason (.*)/)?.[1]}
# TYPE probe_failure_reason gauge
probe_failure_reason{reason="connect"} 1


Module configuration:
prober: scripted
timeout: 2s
scripted:
  password: <secret>
`);
  });
});

describe("/metrics", () => {
  it("shows the exporter and all targets with their labels", async () => {
    const { text } = await ask("/metrics");
    expect(text).toContain('probe_success{target="shop",module="scripted"} 1\n');
    expect(text).toContain('probe_success{target="till",module="scripted"} 0\n');
    expect(text).toContain(
      'heartbeat_target_info{host="gpt",group="",team="ai",target="gpt",module="scripted",critical="false",kind="scripted"} 1\n',
    );
    expect(text).toContain('heartbeat_current_mode{target="gpt",module="scripted",mode="primary"} 1\n');
    expect(text).not.toContain('heartbeat_current_mode{target="shop"');
    expect(text).toContain(
      'heartbeat_failures_total{target="shop",module="scripted",reason="queue_timeout"} 0\n',
    );
    expect(text).toContain('heartbeat_exporter_build_info{version="0.0.0-test"');
    expect(text).toContain("process_resident_memory_bytes");
  });

  it("shows only the sections that collect[] selects", async () => {
    const exporterOnly = (await ask("/metrics?collect[]=exporter")).text;
    expect(exporterOnly).toContain("heartbeat_exporter_build_info");
    expect(exporterOnly).not.toContain("target=");
    const targetsOnly = (await ask("/metrics?collect%5B%5D=targets")).text;
    expect(targetsOnly).toContain("probe_success{");
    // Rules about targets compare with the thresholds, and link to the exporter.
    expect(targetsOnly).toContain("heartbeat_alert_threshold{");
    expect(targetsOnly).not.toMatch(/heartbeat_exporter_(?!url_info)/);
  });

  it("refuses unknown sections", async () => {
    expect(await ask("/metrics?collect[]=cpu")).toMatchObject({
      status: 400,
      text: 'collect[]: got "cpu", want exporter, targets, heartbeats\n',
    });
  });

  it("prints each family once", async () => {
    const families = [...(await ask("/metrics")).text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(families).toEqual([...new Set(families)]);
  });
});

describe("/sd", () => {
  it("returns labels that make relabelling unnecessary", async () => {
    const groups = JSON.parse((await ask("/sd")).text) as unknown[];
    expect(groups).toHaveLength(3);
    expect(groups[0]).toEqual({
      targets: [exporter.url.slice("http://".length)],
      labels: {
        team: "ai",
        __scheme__: "http",
        __metrics_path__: "/probe",
        __param_target: "gpt",
        __param_module: "scripted",
        __scrape_interval__: "3600000ms",
        __scrape_timeout__: "3000ms",
        instance: "ask://gpt",
        target: "gpt",
        module: "scripted",
      },
    });
  });
});

/** What a browser asks for. */
const HTML = { headers: { Accept: "text/html" } };

describe("recent probes", () => {
  it("are listed on their page with their logs, failed ones for longer", async () => {
    await ask("/probe?target=bad://<b>user:hunt@er22@old&module=other");
    for (let i = 0; i < 3; i += 1) await ask("/probe?target=shop");
    const { text } = await ask("/page/probes", HTML);
    expect(text).toContain("bad://&lt;secret>@old (other)");
    expect(text).not.toMatch(/hunt|er22/);
    expect(text.match(/shop \(scripted\)</g)).toHaveLength(3);
    const log = /href="([^"]*)"[^>]*>Log<\/a><span class="detail"><bdi>bad:/.exec(text)?.[1] ?? "";
    const shown = await ask(log);
    expect(shown.text).toContain("probe failed (connect): refused by");
    expect(shown.text).toContain("Module configuration:\nprober: scripted\n");
  });
});

describe("a password in the address of a target", () => {
  it("appears in no page and no log", async () => {
    const yaml = YAML.replace("ok://shop", "ok://user:hunt@er22@shop");
    await using exporter = await startLocalExporter({ yaml, probers: [byAddress], files: { token: TOKEN } });
    const page = async (path: string): Promise<string> => (await fetch(`${exporter.url}${path}`)).text();
    expect(await page("/sd")).toContain('"instance":"ok://<secret>@shop"');
    for (const path of ["/metrics", "/probe?target=shop", "/sd", "/config", "/", "/status?target=shop"]) {
      expect(await page(path)).not.toMatch(/hunt|er22/);
    }
    expect(JSON.stringify(exporter.logged)).not.toMatch(/hunt|er22/);
  });
});

describe("the exporter's own routes", () => {
  it.each([
    { path: "/-/healthy", text: "Healthy\n" },
    { path: "/-/ready", text: "Ready\n" },
  ])("GET $path", async ({ path, text }) => {
    expect(await ask(path)).toMatchObject({ status: 200, text });
  });

  it("answers HEAD like GET, without a body", async () => {
    expect(await ask("/-/healthy", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
  });

  it("shows the configuration without its secrets", async () => {
    const { text } = await ask("/config");
    expect(text).toContain("password: <secret>");
    expect(text).not.toContain("hunter22");
    expect(text).not.toContain(TOKEN);
  });

  it("links to its targets on the overview", async () => {
    const { headers, text } = await ask("/", HTML);
    expect(headers.get("content-type")).toContain("text/html");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
    expect(text).toContain('<a href="/page/targets/shop"><bdi>shop</bdi></a>');
  });

  it.each(["/nope", "/probe/", "/PROBE", "/-/nope", "/metrics/x", "/%zz"])(
    "returns 404 for %s",
    async (path) => {
      const { status, text } = await ask(path);
      expect(status).toBe(404);
      expect(text).toContain(`GET ${path}:`);
    },
  );

  it.each([
    { method: "POST", path: "/metrics", allow: "GET, HEAD" },
    { method: "GET", path: "/-/reload", allow: "POST" },
    { method: "DELETE", path: "/config/mode", allow: "GET, HEAD" },
    { method: "GET", path: "/config/force/primary", allow: "POST" },
  ])("$method $path returns 405 with Allow: $allow", async ({ method, path, allow }) => {
    const { status, headers, text } = await ask(path, { method });
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe(allow);
    expect(text).toBe(`${method} ${path}: got ${method}, want ${allow}\n`);
  });
});

it("returns 400 for a path that cannot be decoded", async () => {
  const { status, text } = await post("/config/force/%zz");
  expect(status).toBe(400);
  expect(text).toContain("POST /config/force/%zz: ");
});

/** All but /-/reload, which programs on this machine may use without a token. */
const CONTROL = [
  "/heartbeat/trigger",
  "/config/failover",
  "/config/recovery",
  "/config/force/primary",
  "/config/force/fallback",
  "/config/force/auto",
];

describe.each(CONTROL)("POST %s", (path) => {
  it("requires the control token", async () => {
    const none = await ask(path, { method: "POST" });
    expect(none.status).toBe(401);
    expect(none.headers.get("www-authenticate")).toBe('Bearer realm="heartbeat-exporter"');
    expect(JSON.parse(none.text)).toEqual({
      error: 'Authorization: got no token, want "Bearer <control token>"',
    });
    const wrong = await ask(path, { method: "POST", headers: { Authorization: "Bearer guess" } });
    expect(wrong.status).toBe(401);
    expect(JSON.parse(wrong.text)).toEqual({
      error: 'Authorization: got a wrong token, want "Bearer <control token>"',
    });
  });

  it.each([" ", "{}", "{ }\n"])("accepts the body %j, which has no fields", async (body) => {
    expect((await post(path, body)).status).toBe(200);
  });

  it.each([
    { name: "garbage", body: "\u0000\u0001 garbage", got: "10" },
    { name: "JSON", body: '{"mode":"primary"}', got: "18" },
    { name: "5 MB", body: "x".repeat(5_000_000), got: "more than 1024" },
  ])("refuses a body of $name", async ({ body, got }) => {
    const { status, text } = await post(path, body);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual({
      error: `body: got ${got} bytes, want none or {}: parameters of ${path} go into its path and query`,
    });
  });
});

it("does not log a control request that its client aborts as a bug", async () => {
  const { hostname, port } = new URL(exporter.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /-/reload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 9\r\n\r\nx`,
  );
  const count = (text: string): number =>
    exporter.logged.filter(({ message }) => message.includes(text)).length;
  await new Promise((resolve) => socket.once("connect", resolve));
  // Two round trips later the exporter has read the request.
  for (let i = 0; i < 2; i += 1) await ask("/-/healthy");
  socket.destroy();
  const isAborted = ({ message, fields }: { message: string; fields: object }): boolean =>
    message === "request" && "aborted" in fields;
  await waitUntil("the end of the request", () => exporter.logged.some(isAborted) || undefined);
  expect(count("a route failed")).toBe(0);
});

describe("control without a token in the configuration", () => {
  it.each(CONTROL)("POST %s returns 403 and says how to turn it on", async (path) => {
    const yaml = YAML.replace("control: { token_file: token }", "");
    await using open = await startLocalExporter({ yaml, probers: [byAddress] });
    const response = await fetch(`${open.url}${path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({
      error: "control routes are off: set control.token_file in the configuration to turn them on",
    });
  });
});
