import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { ProbeResult } from "../../../src/core/prober.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import {
  CLOSED_PORT,
  serveHttp,
  serveHttp2,
  serveHttps,
  type TestServer,
} from "../../helpers/http-targets.ts";
import { exposed, probe, verdictOf } from "./probe.ts";

const TIMES = /^(?:probe_dns_lookup_time_seconds|probe_http_duration_seconds\{)/;

/** Formats the series by name. Times are masked unless they are 0, which shows the phases that were not reached. */
function exposition(result: ProbeResult): string {
  const lines = [...exposed(result)].map(([series, value]) => {
    const certificate = series.replace(/(fingerprint_sha256|serialnumber)="[0-9a-f]+"/g, '$1="..."');
    const cipher = certificate.replace(/cipher="TLS_(?:AES|CHACHA20)[^"]*"/, 'cipher="..."');
    return `${cipher} ${TIMES.test(series) && value > 0 ? "..." : value}`;
  });
  return [`# ${verdictOf(result)}`, ...lines.toSorted(), ""].join("\n");
}

const NOT_AFTER = new Date("2100-01-01T00:00:00Z");
const certificate = makeCertificate({
  subject: [
    ["C", "DE"],
    ["O", "Example, Inc."],
    ["CN", "leaf"],
  ],
  names: ["DNS:localhost", "IP:127.0.0.1"],
  notAfter: NOT_AFTER,
});
const trust = { tls_config: { ca: certificate.cert, max_version: "TLS12" } };

const EMPTY = { "Content-Length": "0" };

async function probing(
  starting: Promise<TestServer>,
  options: unknown = {},
  scheme = "http",
  signal?: AbortSignal,
): Promise<ProbeResult> {
  await using server = await starting;
  return await probe(`${scheme}://${server.host}`, options, signal === undefined ? {} : { signal });
}

const page = (_: unknown, response: ServerResponse): void => {
  response.writeHead(200, { "Content-Length": "5", "Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT" });
  response.end("hello");
};

const TLS12 = { ...certificate, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" };

const outcomes: readonly (readonly [name: string, run: () => Promise<ProbeResult>])[] = [
  ["success", () => probing(serveHttp(page))],
  ["success-https", () => probing(serveHttps(TLS12, page), { ...trust, enable_http2: false }, "https")],
  [
    "success-http2",
    () => {
      const server = serveHttp2(certificate, (_, response) => response.end("hello"));
      return probing(server, { tls_config: { insecure_skip_verify: true } }, "https");
    },
  ],
  [
    "compressed",
    () => {
      const body = gzipSync("hello hello");
      const server = serveHttp((_, response) => {
        response.writeHead(200, { "Content-Length": String(body.length) }).end(body);
      });
      return probing(server, { compression: "gzip" });
    },
  ],
  ["http-status", () => probing(serveHttp((_, response) => response.writeHead(503, EMPTY).end()))],
  ["body-mismatch", () => probing(serveHttp(page), { fail_if_body_matches_regexp: ["l+"] })],
  [
    "redirect",
    () => probing(serveHttp((_, response) => response.writeHead(302, { ...EMPTY, Location: "/" }).end())),
  ],
  ["dns", () => probe("does-not-exist.invalid")],
  ["connect", () => probe(`127.0.0.1:${CLOSED_PORT}`)],
  ["certificate", () => probing(serveHttps(TLS12, page), { tls_config: { max_version: "TLS12" } }, "https")],
  ["tls", () => probing(serveHttp(page), {}, "https")],
  ["forbidden-target", () => probe("http://169.254.169.254/")],
  ["bad-request", () => probe("http://exa mple/")],
  [
    "timeout",
    () => {
      const controller = new AbortController();
      return probing(
        serveHttp(() => controller.abort()),
        {},
        "http",
        controller.signal,
      );
    },
  ],
];

test.each(outcomes)("%s", async (name, run) => {
  const text = exposition(await run());
  await expect(text).toMatchFileSnapshot(`../../golden/http/${name}.prom`);
});
