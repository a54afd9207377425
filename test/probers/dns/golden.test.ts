import { expect, test } from "vitest";
import type { ProbeResult } from "../../../src/core/prober.ts";
import type { DnsOptions } from "../../../src/probers/dns/schema.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import {
  data,
  LOCAL,
  name,
  RESPONSE,
  record,
  response,
  TRUNCATED,
  u8,
  u32,
} from "../../helpers/dns-messages.ts";
import { startNameServer } from "../../helpers/name-server.ts";
import { exposed, probe, verdictOf } from "./probe.ts";

const TIMES = /^(?:probe_dns_lookup_time_seconds|probe_dns_duration_seconds\{)/;

/** Formats the series by name. Times are masked unless they are 0, which shows the phases that were not reached. */
function exposition(result: ProbeResult): string {
  const lines = [...exposed(result)].map(([series, value]) => {
    const certificate = series.replace(/(fingerprint_sha256|serialnumber)="[0-9a-f]+"/g, '$1="..."');
    return `${certificate} ${TIMES.test(series) && value > 0 ? "..." : value}`;
  });
  return [`# ${verdictOf(result)}`, ...lines.toSorted(), ""].join("\n");
}

const certificate = makeCertificate({
  names: ["DNS:localhost", "IP:127.0.0.1"],
  notAfter: new Date("2100-01-01T00:00:00Z"),
});
const OVER_TLS = {
  transport_protocol: "tcp",
  dns_over_tls: true,
  tls_config: { ca: certificate.cert, max_version: "TLS12" },
} as const;

const A = record(1, LOCAL);
const SOA = record(
  6,
  data(name("ns.test"), name("admin.test"), u32(2_026_113_001, 7200, 3600, 1_209_600, 300)),
);
const whole = (query: Buffer): Buffer =>
  response(query, {
    answer: [A, A],
    authority: [record(2, name("ns.test"))],
    additional: [record(41, u8(), { owner: u8(0) })],
  });

async function probing(
  answer: (query: Buffer) => Buffer | undefined,
  options: DnsOptions = {},
  signal = AbortSignal.timeout(10_000),
): Promise<ProbeResult> {
  await using server = await startNameServer(
    ({ content }, { send }) => {
      const reply = answer(content);
      if (reply !== undefined) send(reply);
    },
    { tls: { ...certificate, ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" } },
  );
  const port = options.dns_over_tls === true ? server.tlsPort : server.port;
  return await probe(`127.0.0.1:${port}`, { query_type: "A", ...options }, { signal });
}

const outcomes: readonly (readonly [name: string, run: () => Promise<ProbeResult>])[] = [
  ["success", () => probing(whole)],
  ["success-soa", () => probing((query) => response(query, { answer: [SOA] }), { query_type: "SOA" })],
  ["success-tls", () => probing(whole, OVER_TLS)],
  ["rcode", () => probing((query) => response(query, { flags: RESPONSE | 3, authority: [SOA] }))],
  [
    "record-mismatch",
    () => probing(whole, { validate_authority_rrs: { fail_if_matches_regexp: ["ns\\.test"] } }),
  ],
  ["malformed", () => probing((query) => query)],
  ["too-large", () => probing((query) => data(whole(query), Buffer.alloc(512)))],
  [
    "truncated",
    () => {
      const options = { validate_answer_rrs: { fail_if_not_matches_regexp: ["."] } };
      // Over TCP, it has the same id as over UDP, which is wrong there.
      let first: Buffer | undefined;
      return probing((query) => response((first ??= query), { flags: RESPONSE | TRUNCATED }), options);
    },
  ],
  [
    "timeout",
    () => {
      const deadline = new AbortController();
      const abort = (): undefined => {
        deadline.abort();
      };
      return probing(abort, {}, deadline.signal);
    },
  ],
  [
    "network",
    async () => {
      await using server = await startNameServer((_, { close }) => close());
      return await probe(`127.0.0.1:${server.port}`, { transport_protocol: "tcp" });
    },
  ],
  [
    "connect",
    async () => {
      const closed = await startNameServer(() => undefined);
      await closed[Symbol.asyncDispose]();
      return probe(`127.0.0.1:${closed.port}`, { transport_protocol: "tcp" });
    },
  ],
  ["certificate", () => probing(whole, { ...OVER_TLS, tls_config: { max_version: "TLS12" } })],
  ["dns", () => probe("does-not-exist.invalid")],
  ["bad-request", () => probe("127.0.0.1:dns")],
  ["forbidden-target", () => probe("169.254.169.254")],
];

test.each(outcomes)("%s", async (name, run) => {
  const text = exposition(await run());
  await expect(text).toMatchFileSnapshot(`../../golden/dns/${name}.prom`);
});
