import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { ProbeResult } from "../../../src/core/prober.ts";
import { makeCertificate, type TestCertificate } from "../../helpers/certificates.ts";
import { serveTcp } from "../../helpers/http-targets.ts";
import { exposed, probe as probeHttp } from "../http/probe.ts";
import {
  ask,
  compile,
  completion,
  detailOf,
  json,
  listen,
  maskedExposition,
  type Options,
  reasonOf,
  serve,
} from "./support.ts";

const now = Math.floor(Date.now() / 1000) * 1000;
const inDays = (days: number): Date => new Date(now + days * 86_400_000);
const unix = (date: Date): number => date.getTime() / 1000;

const names = ["DNS:localhost", "DNS:llm.example.com", "IP:127.0.0.1"];
const root = makeCertificate({ subject: [["CN", "root"]], authority: true, notAfter: inDays(300) });
const between = makeCertificate({
  subject: [["CN", "between"]],
  authority: true,
  notAfter: inDays(200),
  issuer: root,
});
const leaf = makeCertificate({ subject: [["CN", "leaf"]], names, notAfter: inDays(100), issuer: between });
const chain = { cert: leaf.cert + between.cert, key: leaf.key };
const selfSigned = makeCertificate({ subject: [["CN", "alone"]], names, notAfter: inDays(50) });
const expired = makeCertificate({ names, notBefore: inDays(-20), notAfter: inDays(-10), issuer: root });
const trustRoot = { ca: root.cert };

const healthy = (_request: IncomingMessage, response: ServerResponse): void =>
  json(completion("HEALTHY"))(response, "", _request);

async function serveSecurely(certificate: TestCertificate & { ciphers?: string }, handle = healthy) {
  const server = createSecureServer(certificate, handle);
  return { server, url: (await listen(server)).replace("http:", "https:") };
}

/** Returns the series of a result about TLS and certificates. */
const tlsSeries = (result: ProbeResult): Readonly<Record<string, number>> =>
  Object.fromEntries([...exposed(result)].filter(([series]) => /^probe_(?:ssl|tls)_/.test(series)));

const EARLIEST = "probe_ssl_earliest_cert_expiry";
const LAST = "probe_ssl_last_chain_expiry_timestamp_seconds";

const GO_ZERO_TIME = -62_135_596_800;

interface Row {
  readonly name: string;
  readonly served: TestCertificate;
  readonly tls: NonNullable<Options["tls_config"]>;
  readonly reason: string;
  readonly detail: RegExp;
  /** Days until the earliest expiry, and until that of the verified chain. */
  readonly earliest: number;
  readonly last: number | undefined;
}

const rows: readonly Row[] = [
  {
    name: "a valid chain",
    served: chain,
    tls: trustRoot,
    reason: "ok",
    detail: /^$/,
    earliest: 100,
    last: 100,
  },
  {
    name: "an unknown authority",
    served: selfSigned,
    tls: {},
    reason: "tls",
    detail: /not valid: DEPTH_ZERO_SELF_SIGNED_CERT, valid until/,
    earliest: 50,
    last: undefined,
  },
  {
    name: "an expired certificate",
    served: expired,
    tls: trustRoot,
    reason: "tls",
    detail: /not valid: CERT_HAS_EXPIRED, valid until/,
    earliest: -10,
    last: undefined,
  },
  {
    name: "another name",
    served: chain,
    tls: { ...trustRoot, server_name: "other.example" },
    reason: "tls",
    detail: /other\.example/,
    earliest: 100,
    last: undefined,
  },
  {
    name: "no verification of an expired certificate",
    served: expired,
    tls: { insecure_skip_verify: true },
    reason: "ok",
    detail: /^$/,
    earliest: -10,
    last: GO_ZERO_TIME,
  },
];

describe.each(rows)("$name", ({ served, tls, reason, detail, earliest, last }) => {
  test("has the facts of its certificates, which are those of the http prober", async () => {
    const { url } = await serveSecurely(served);
    const result = await ask(url, { options: { stream: false, tls_config: tls } });
    expect(reasonOf(result)).toBe(reason);
    expect(detailOf(result)).toMatch(detail);
    const series = tlsSeries(result);
    expect(series[EARLIEST]).toBe(unix(inDays(earliest)));
    expect(series[LAST]).toBe(last === undefined || last === GO_ZERO_TIME ? last : unix(inDays(last)));
    expect(series).toEqual(tlsSeries(await probeHttp(url, { tls_config: tls, enable_http2: false })));
  });

  test("has the same facts through a proxy", async () => {
    const { url } = await serveSecurely(served);
    const proxy_url = await proxyTo(url);
    const options = { stream: false, tls_config: tls };
    const result = await ask("https://llm.example.com/v1", { options: { ...options, proxy_url } });
    expect(reasonOf(result)).toBe(reason);
    expect(detailOf(result)).toMatch(detail);
    expect(tlsSeries(result)).toEqual(tlsSeries(await ask(url, { options })));
    expect(tlsSeries(result)[EARLIEST]).toBe(unix(inDays(earliest)));
  });
});

/** Starts a proxy that connects every name to `target`. */
async function proxyTo(target: string): Promise<string> {
  const server = createServer();
  server.on("connect", (_request: IncomingMessage, socket: Socket) => {
    const onward = connect(Number(new URL(target).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  return listen(server);
}

test.each([
  ["directly", false],
  ["through a proxy", true],
])("sends nothing to a server whose certificate is refused, %s", async (_title, proxied) => {
  const received: string[] = [];
  const { server, url } = await serveSecurely(selfSigned, (request, response) => {
    received.push(request.url ?? "");
    response.end();
  });
  server.on("secureConnection", (socket) => socket.on("data", (data: Buffer) => received.push(String(data))));
  const more = proxied ? { proxy_url: await proxyTo(url) } : {};
  const result = await ask(url, { options: { stream: false, api_key: "sk-secret", ...more } });
  expect(reasonOf(result)).toBe("tls");
  // A request that was sent would arrive before this one.
  const trusting = { stream: false, tls_config: { ca: selfSigned.cert } };
  await ask(`${url}/next`, { options: trusting });
  expect(received.map((text) => text.includes("/next"))).toEqual(received.map(() => true));
  expect(received).not.toEqual([]);
});

test("shows a certificate that was replaced in the probe after it, and in the last prompt of a probe", async () => {
  const { server, url } = await serveSecurely(chain);
  const renewed = makeCertificate({ names, notAfter: inDays(250), issuer: root });
  const prompts = [{ prompt: "Say HEALTHY" }, { prompt: "Say HEALTHY again" }];
  const options = { stream: false, tls_config: trustRoot };
  const { module } = compile({ ...options, prompts, prompts_mode: "all" });
  const expiry = async (): Promise<number | undefined> => tlsSeries(await ask(url, { module }))[EARLIEST];
  expect(await expiry()).toBe(unix(inDays(100)));
  server.once("request", () => server.setSecureContext(renewed));
  expect(await expiry()).toBe(unix(inDays(250)));
  expect(await expiry()).toBe(unix(inDays(250)));
  server.setSecureContext(expired);
  const refused = await ask(url, { module });
  expect([reasonOf(refused), tlsSeries(refused)[EARLIEST]]).toEqual(["tls", unix(inDays(-10))]);
});

test("has no facts without a handshake", async () => {
  const plain = await ask(await serve(json(completion("HEALTHY"))), { options: { stream: false } });
  expect([reasonOf(plain), tlsSeries(plain)]).toEqual(["ok", {}]);
  await using closing = await serveTcp((socket) => socket.destroy());
  const closed = await ask(`https://127.0.0.1:${closing.port}`);
  expect([reasonOf(closed), tlsSeries(closed)]).toEqual(["tls", {}]);
});

test("keeps the facts if the server fails, or is silent until the deadline", async () => {
  const options = { stream: false, tls_config: trustRoot };
  const failing = await serveSecurely(chain, (_request, response) => response.writeHead(500).end());
  const failed = await ask(failing.url, { options });
  expect([reasonOf(failed), tlsSeries(failed)[LAST]]).toEqual(["server_error", unix(inDays(100))]);
  const deadline = new AbortController();
  const silent = await serveSecurely(chain, () => deadline.abort());
  const late = await ask(silent.url, { options, signal: deadline.signal });
  expect([reasonOf(late), tlsSeries(late)[LAST]]).toEqual(["timeout", unix(inDays(100))]);
});

test("shows when the client certificate of the module expires", async () => {
  const { url } = await serveSecurely(chain);
  const client = makeCertificate({ subject: [["CN", "client"]], notAfter: inDays(7) });
  const tls_config = { ...trustRoot, cert: client.cert, key: client.key };
  const series = tlsSeries(await ask(url, { options: { stream: false, tls_config } }));
  expect(series["probe_tls_client_certificate_expiry_timestamp_seconds"]).toBe(unix(inDays(7)));
});

const FIXED = makeCertificate({
  subject: [["CN", "llm"]],
  names,
  notAfter: new Date("2100-01-01T00:00:00Z"),
});

test.each([
  ["https", { ca: FIXED.cert, max_version: "TLS12" }],
  ["certificate", { max_version: "TLS12" }],
] as const)("golden exposition %s", async (name, tls_config) => {
  const { url } = await serveSecurely({
    ...FIXED,
    ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
  });
  const result = await ask(url, { options: { stream: false, tls_config } });
  await expect(maskedTls(result)).toMatchFileSnapshot(`../../golden/llm/${name}.prom`);
});

/** Renders the exposition of a result, with measured times and the random parts of certificates masked. */
const maskedTls = (result: ProbeResult): string =>
  maskedExposition(result).replace(/(fingerprint_sha256|serialnumber)="[0-9a-f]+"/g, '$1="<random>"');
