import type { RequestOptions } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { placeOf, send, urlsOf } from "../helpers/listeners.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const TOKEN = "control-token-of-the-test";
const MODULES = "modules: { http_2xx: { prober: http } }\n";

/** An exporter without a token. */
let open: ExporterProcess;
beforeAll(async () => {
  open = await startExporter({ yaml: MODULES });
});
afterAll(() => open[Symbol.asyncDispose]());

/** Sends `POST /-/reload` as a side-car does, or with what differs from that. */
async function reload(url: string, differs: RequestOptions = {}, body?: string) {
  const answer = await send({ ...placeOf(url), method: "POST", path: "/-/reload", ...differs }, body);
  return { status: answer.status, text: answer.body.toString() };
}

const refused = (objection: string) => ({
  status: 403,
  text: JSON.stringify({
    error: `only programs on this machine may reload without a token, but the request ${objection}: set control.token_file in the configuration, and send that token`,
  }),
});

const BEARER = { Authorization: `Bearer ${TOKEN}` };

describe("POST /-/reload of a configuration without a token", () => {
  it("reloads for programs on this machine, as side-cars ask for it", async () => {
    await using exporter = await startExporter({ yaml: MODULES, args: ["--web.listen-address=[::]:0"] });
    const port = Number(new URL(exporter.url).port);
    const count = () => exporter.process.output().match(/msg="configuration reloaded"/g)?.length ?? 0;
    const asked: readonly (readonly [RequestOptions, string?])[] = [
      [{ host: "127.0.0.1" }],
      [{ host: "::1" }],
      [{ host: "localhost" }],
      [{ host: "127.0.0.1", headers: { Host: "LOCALHOST" } }],
      [{ host: "127.0.0.1", headers: { Host: "127.0.0.53:80" } }],
      // Some side-cars send a payload, or credentials that nothing asks for.
      [{ host: "127.0.0.1", headers: { "Content-Type": "application/json" } }, '{"reload":true}'],
      [{ host: "127.0.0.1", headers: { Authorization: "Basic Zm9vOmJhcg==" } }],
      [{ host: "127.0.0.1", headers: BEARER }],
    ];
    for (const [options, body] of asked)
      expect(await reload(exporter.url, { port, ...options }, body)).toEqual({
        status: 200,
        text: "Reloaded\n",
      });
    // As programs for Node.js ask.
    expect((await fetch(`http://127.0.0.1:${port}/-/reload`, { method: "POST" })).status).toBe(200);
    await waitUntil("the log", () => count() === asked.length + 1 || undefined);
    await exporter.folder.write("exporter.yml", MODULES.replace("http }", "htp }"));
    const bad = await reload(exporter.url, { port, host: "127.0.0.1" });
    expect(bad.status).toBe(500);
    expect(bad.text).toContain('modules.http_2xx.prober: got "htp", want ');
    for (const method of ["GET", "PUT", "DELETE"])
      expect((await reload(exporter.url, { port, host: "127.0.0.1", method })).status).toBe(405);
    expect(JSON.stringify(await exporter.json("/api/v1/operations"))).toContain(
      '"path":"/-/reload","status":500',
    );
  });

  it.each([
    ["from another address", { localAddress: "127.0.0.2" }, "came from 127.0.0.2"],
    ["from a service mesh", { localAddress: "127.0.0.6" }, "came from 127.0.0.6"],
    ...[
      "X-Forwarded-For",
      "X-Forwarded-Host",
      "X-Real-IP",
      "Forwarded",
      "Via",
      "True-Client-IP",
      "X-Envoy-Internal",
    ].map((name): [string, RequestOptions, string] => [
      `through a proxy that sends ${name}`,
      { headers: { [name]: "127.0.0.1" } },
      `has the header ${name.toLowerCase()}, as those of proxies do`,
    ]),
    [
      "from a page of another site",
      { headers: { Origin: "http://evil.example" } },
      "has the header origin, as those of browsers do",
    ],
    [
      "from a page without an origin",
      { headers: { Origin: "null" } },
      "has the header origin, as those of browsers do",
    ],
    [
      "from a page of the exporter",
      { headers: { "Sec-Fetch-Site": "same-origin" } },
      "has the header sec-fetch-site, as those of browsers do",
    ],
    [
      "from an old browser",
      { headers: { Referer: "http://evil.example/" } },
      "has the header referer, as those of browsers do",
    ],
    [
      "with a rebound name",
      { headers: { Host: "evil.example:8091" } },
      'is for the host "evil.example:8091"',
    ],
    [
      "with a name that begins like loopback",
      { headers: { Host: "127.0.0.1.evil.example" } },
      'is for the host "127.0.0.1.evil.example"',
    ],
    [
      "with a name that ends like loopback",
      { headers: { Host: "evil.localhost" } },
      'is for the host "evil.localhost"',
    ],
    [
      "with an address of all interfaces",
      { headers: { Host: "0.0.0.0:8091" } },
      'is for the host "0.0.0.0:8091"',
    ],
    [
      "with another address of this machine",
      { headers: { Host: "10.0.0.7:8091" } },
      'is for the host "10.0.0.7:8091"',
    ],
    ["with a long host", { headers: { Host: "x".repeat(200) } }, `is for the host "${"x".repeat(60)}..."`],
  ] satisfies readonly [string, RequestOptions, string][])(
    "is refused %s",
    async (_title, options, objection) => {
      expect(await reload(open.url, options)).toEqual(refused(objection));
    },
  );

  it.each([
    ["POST /-/reload HTTP/1.0\r\n\r\n", "the request has no header host"],
    ["POST /-/reload HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 'the request is for the host \\"\\"'],
  ])("is refused as %j", async (request, objection) => {
    const { hostname, port } = new URL(open.url);
    const socket = connect(Number(port), hostname);
    socket.write(request);
    let response = "";
    for await (const chunk of socket) response += String(chunk);
    expect(response).toMatch(/^HTTP\/1\.1 403 /);
    expect(response).toContain(objection);
  });

  it("is refused through a unix socket, which is there for proxies", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "x.sock");
    await using exporter = await startExporter({
      yaml: `control: { token_file: token }\n${MODULES}`,
      files: { token: TOKEN },
      args: ["--web.listen-address=127.0.0.1:0", `--web.listen-address=unix://${path}`],
    });
    await waitUntil("the socket", () => urlsOf(exporter.process).length === 2 || undefined);
    expect((await reload(exporter.url)).status).toBe(200);
    expect((await reload(`unix://${path}`)).status).toBe(401);
    expect((await reload(`unix://${path}`, { headers: BEARER })).status).toBe(200);
    const metrics = await exporter.get("/metrics?collect[]=exporter");
    expect(metrics).toContain(
      'heartbeat_exporter_auth_failures_total{guard="control",credentials="missing"} 1\n',
    );
  });

  it("refuses a long body", async () => {
    const { status, text } = await reload(open.url, {}, "x".repeat(5000));
    expect([status, text]).toEqual([400, '{"error":"body: got more than 1024 bytes, want none"}']);
  });

  it("opens no other control route", async () => {
    for (const path of ["/heartbeat/trigger", "/api/v1/maintenance?for=1h", "/config/force/auto", "/-/quit"])
      expect([path, (await reload(open.url, { path })).status]).toEqual([
        path,
        path === "/-/quit" ? 404 : 403,
      ]);
  });
});

describe("POST /-/reload with a token", () => {
  it.each([
    ["control: { token_file: token }", { none: 200, wrong: 401, right: 200, proxy: 401, proxyRight: 200 }],
    [
      "control: { token_file: token, reload: loopback }",
      { none: 200, wrong: 401, right: 200, proxy: 401, proxyRight: 200 },
    ],
    [
      "control: { token_file: token, reload: token }",
      { none: 401, wrong: 401, right: 200, proxy: 401, proxyRight: 200 },
    ],
    ["control: { reload: token }", { none: 403, wrong: 403, right: 403, proxy: 403, proxyRight: 403 }],
  ])("%s", async (control, statuses) => {
    await using exporter = await startExporter({ yaml: `${control}\n${MODULES}`, files: { token: TOKEN } });
    const statusOf = async (headers: Readonly<Record<string, string>>) =>
      (await reload(exporter.url, { headers })).status;
    const proxied = { "X-Forwarded-For": "127.0.0.1" };
    expect({
      none: await statusOf({}),
      wrong: await statusOf({ Authorization: "Bearer guess" }),
      right: await statusOf(BEARER),
      proxy: await statusOf(proxied),
      proxyRight: await statusOf({ ...proxied, ...BEARER }),
    }).toEqual(statuses);
  });

  it("follows a reload of control.reload itself", async () => {
    await using exporter = await startExporter({ yaml: `control: { reload: loopback }\n${MODULES}` });
    await exporter.folder.write("exporter.yml", `control: { reload: token }\n${MODULES}`);
    expect((await reload(exporter.url)).status).toBe(200);
    const { status, text } = await reload(exporter.url);
    expect(status).toBe(403);
    expect(text).toContain("control routes are off: set control.token_file");
  });
});
