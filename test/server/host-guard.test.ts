import type { Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { describe, expect, onTestFinished, test } from "vitest";
import { isHostPattern, parseHostHeader } from "../../src/core/host-header.ts";
import { hostObjection } from "../../src/server/host-guard.ts";
import { makeCertificate } from "../helpers/certificates.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { placeOf, send } from "../helpers/listeners.ts";
import { waitUntil } from "../helpers/process.ts";

const CONFIG = `
control: { token: control-token-of-the-test }
modules: { http_2xx: { prober: http, timeout: 1s } }
targets: [{ name: shop, module: http_2xx, target: "http://127.0.0.1:1", schedule: on_scrape, failover: {} }]
heartbeats: [{ name: sample }]
groups: [{ name: shops, members: [shop] }]
pages: [{ path: /public, groups: [shops] }]
`;

async function started(config = CONFIG, args: readonly string[] = []): Promise<ExporterProcess> {
  const exporter = await startExporter({ yaml: config, args });
  onTestFinished(() => exporter[Symbol.asyncDispose]());
  return exporter;
}

/** Headers of a page's request over plain HTTP: browsers send no more with a request to their own origin. */
const BROWSER = { "Accept-Language": "en-US,en;q=0.9", Accept: "*/*", "User-Agent": "Mozilla/5.0" };

/** Headers with which programs ask. */
const PROGRAMS = {
  curl: { "User-Agent": "curl/8.14.1", Accept: "*/*" },
  Prometheus: {
    "User-Agent": "Prometheus/3.7.0",
    Accept: "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
    "Accept-Encoding": "gzip",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
  },
  kubelet: { "User-Agent": "kube-probe/1.37", Accept: "*/*", Connection: "close" },
  PowerShell: { "User-Agent": "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1" },
  "Node.js": { "Accept-Language": "*", "Sec-Fetch-Mode": "cors", "User-Agent": "node" },
} as const;

const statusOf = async (
  { url }: ExporterProcess,
  host: string,
  {
    path = "/metrics",
    method = "GET",
    headers = {},
  }: { path?: string; method?: string; headers?: object } = {},
) => (await send({ ...placeOf(url), method, path, headers: { ...headers, Host: host } })).status;

/** Names that a stranger may own, or that look like an address of this machine. */
const FOREIGN = [
  "evil.example",
  "evil.example:8091",
  "EVIL.EXAMPLE.",
  "rebind.attacker.com:80",
  "127.0.0.1.nip.io",
  "127.0.0.1.evil.com:8091",
  "localhost.evil.com",
  "evil.com.localhost.evil.com",
  "local.com",
  "svc.evil.dev",
  "xn--80ak6aa92e.com",
];

/** Texts that are no host, and may be taken for one. */
const MALFORMED = [
  "127.0.0.1@evil.com",
  "[::1].evil.com",
  "[::1",
  "[evil.com]",
  "[::1]evil.com",
  "evil.com:port",
  "evil.com:80:80",
  "evil.com:999999",
  "127.0.0.256",
];

/** Names and addresses by which people and programs reach an exporter in a network of their own. */
const OWN = [
  "10.1.2.3:8091",
  "127.0.0.1",
  "[::1]:8091",
  "[fd00::12]",
  "[::ffff:10.0.0.1]:8091",
  "localhost:8091",
  "LOCALHOST",
  "localhost.",
  "heartbeat",
  "heartbeat-exporter:8091",
  "heartbeat_exporter_1:8091",
  "heartbeat.monitoring.svc",
  "heartbeat.monitoring.svc.cluster.local:8091",
  "nas.local",
  "server.home.arpa:8091",
  "exporter.prod.internal",
];

describe("without web.allowed_hosts", () => {
  test("a page that has rebound its name reads and changes nothing", async () => {
    const exporter = await started();
    const token = { Authorization: "Bearer control-token-of-the-test" };
    const requests = [
      { path: "/metrics" },
      { path: "/" },
      { path: "/config" },
      { path: "/probe?target=http://127.0.0.1:1&module=http_2xx" },
      { path: "/api/v1/events" },
      { path: "/public" },
      { path: "/no/such" },
      { path: "/config/force/fallback", method: "POST", headers: token },
      { path: "/-/reload", method: "POST" },
    ];
    for (const { headers, ...request } of requests)
      expect([
        request.path,
        await statusOf(exporter, "evil.example:8091", { ...request, headers: { ...BROWSER, ...headers } }),
      ]).toEqual([request.path, 403]);
    for (const host of FOREIGN)
      expect([host, await statusOf(exporter, host, { headers: BROWSER })]).toEqual([host, 403]);
    for (const host of MALFORMED)
      expect([host, await statusOf(exporter, host, { headers: BROWSER })]).toEqual([host, 400]);
    const more = [{ Origin: "http://evil.example" }, { Referer: "http://evil.example/" }, { Cookie: "a=b" }];
    for (const headers of [...more, { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors" }])
      expect([headers, await statusOf(exporter, "evil.example", { headers })]).toEqual([headers, 403]);
    const log = await waitUntil("the refusal in the log", () =>
      /reason=host from=127\.0\.0\.1 refused=1 .*evil/.test(exporter.process.output())
        ? exporter.process.output()
        : undefined,
    );
    // One line a minute for each source, however many requests it sends.
    expect(log.match(/msg="requests were refused" reason=host/g)?.length).toBeLessThanOrEqual(2);
    expect(await exporter.get("/metrics")).toMatch(
      /^heartbeat_exporter_refused_requests_total\{reason="host"\} 2\d$/m,
    );
  });

  test("programs reach it by every name, and people by those of their own network", async () => {
    const exporter = await started();
    for (const [name, headers] of Object.entries(PROGRAMS))
      for (const host of ["exporter.example.com:8091", "evil.example", ...OWN])
        expect([name, host, await statusOf(exporter, host, { headers })]).toEqual([name, host, 200]);
    for (const host of OWN)
      expect([host, await statusOf(exporter, host, { headers: BROWSER })]).toEqual([host, 200]);
  });

  test("pings are not refused: a page gains nothing by one, and a heartbeat that is refused wakes somebody", async () => {
    const exporter = await started();
    const phone = { "Accept-Language": "de-DE", "User-Agent": "Shortcuts" };
    expect(await statusOf(exporter, "pings.example.com", { path: "/ping/sample", headers: phone })).toBe(200);
    expect(await statusOf(exporter, "pings.example.com", { path: "/pings", headers: phone })).toBe(403);
    expect(await statusOf(exporter, "pings.example.com", { path: "/x/../ping/sample", headers: phone })).toBe(
      403,
    );
  });

  test("the names of --web.external-url and lease.advertise_url are its own", async () => {
    const exporter = await started(CONFIG, ["--web.external-url=https://status.example.com/hb"]);
    const headers = BROWSER;
    expect(await statusOf(exporter, "status.example.com", { path: "/hb/metrics", headers })).toBe(200);
    expect(await statusOf(exporter, "Status.Example.com:443", { path: "/hb/metrics", headers })).toBe(200);
    expect(await statusOf(exporter, "example.com", { path: "/hb/metrics", headers })).toBe(403);
    expect(await statusOf(exporter, "evil.status.example.com", { path: "/hb/metrics", headers })).toBe(403);
  });
});

describe("with web.allowed_hosts", () => {
  test("only these names are answered, whoever asks, and addresses and localhost as before", async () => {
    const exporter = await started(
      `${CONFIG}web: { allowed_hosts: [Status.example.com, "*.corp.example.com", heartbeat] }\n`,
    );
    for (const headers of [BROWSER, PROGRAMS.curl, {}]) {
      const allowed = [
        "status.example.com",
        "STATUS.example.com.:8091",
        "a.b.corp.example.com",
        "heartbeat:8091",
      ];
      for (const host of [...allowed, "10.1.2.3", "[::1]:8091", "localhost"])
        expect([host, await statusOf(exporter, host, { headers })]).toEqual([host, 200]);
      const refused = [
        "corp.example.com",
        "xcorp.example.com",
        "example.com",
        "other",
        "nas.local",
        ...FOREIGN,
      ];
      for (const host of refused)
        expect([host, await statusOf(exporter, host, { headers })]).toEqual([host, 403]);
      expect(await statusOf(exporter, "evil.example", { path: "/ping/sample", headers })).toBe(403);
    }
    await exporter.folder.write("exporter.yml", `${CONFIG}web: { allowed_hosts: ["*"] }\n`);
    expect((await fetch(`${exporter.url}/-/reload`, { method: "POST" })).status).toBe(200);
    expect(await statusOf(exporter, "evil.example", { headers: BROWSER })).toBe(200);
  });
});

test("over TLS the certificate already tells the browser that the name is wrong", async () => {
  const { cert, key } = makeCertificate({ names: ["IP:127.0.0.1"] });
  const seen: (string | undefined)[] = [];
  const server: Server = createHttpsServer({ cert, key }, (req, res) => {
    seen.push(
      hostObjection(req, { allowed: undefined, own: [] }),
      hostObjection(req, { allowed: ["a.b"], own: [] }),
    );
    res.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const { request } = await import("node:https");
  await new Promise<void>((resolve, reject) => {
    request(
      {
        port,
        host: "127.0.0.1",
        rejectUnauthorized: false,
        headers: { ...BROWSER, Host: "status.example.com" },
      },
      (res) => res.resume().on("end", resolve),
    )
      .on("error", reject)
      .end();
  });
  expect(seen).toEqual([undefined, expect.stringContaining("web.allowed_hosts")]);
});

test("a request without a host is from no browser", () => {
  const request = (host?: string) => ({ headers: { ...BROWSER, host }, socket: {} }) as never;
  expect(hostObjection(request(), { allowed: ["a.b"], own: [] })).toBeUndefined();
  expect(hostObjection(request(""), { allowed: ["a.b"], own: [] })).toBeUndefined();
  expect(parseHostHeader("[::1%eth0]:1")).toEqual({ kind: "address" });
});

test.each([
  ["status.example.com", true],
  ["*.example.com", true],
  ["*", true],
  ["heartbeat_exporter", true],
  ["10.0.0.1", true],
  ["::1", true],
  ["https://status.example.com", false],
  ["status.example.com:8091", false],
  ["status.example.com/", false],
  ["*.*.com", false],
  ["a*.example.com", false],
  ["", false],
  ["exa mple", false],
])("the pattern %j is valid: %j", (text, isValid) => {
  expect(isHostPattern(text)).toBe(isValid);
});
