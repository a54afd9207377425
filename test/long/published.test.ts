import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { differences, verdictOf } from "../differential/compare.ts";
import { type KindTargets, startKindTargets, type TargetName } from "../differential/targets/kinds.ts";
import { startBlackbox } from "../helpers/blackbox.ts";
import { startExporter } from "../helpers/exporter.ts";

const FOLDER = fileURLToPath(new URL("../differential/published", import.meta.url));

/** The targets of the modules of each file. A `!` before a target marks a probe that fails. */
const PROBES: Readonly<Record<string, Readonly<Record<string, readonly (TargetName | `!${TargetName}`)[]>>>> =
  {
    "01-upstream-example.yml": {
      http_2xx: ["page", "moved", "!missing", "!broken", "!https", "!unreachable", "!closed"],
      http_post_2xx: ["page"],
      tcp_connect: ["ssh", "smtp", "!page", "!closed"],
      pop3s_banner: ["!pop3s", "!pop3"],
      grpc: ["!grpcTls", "!grpc"],
      grpc_plain: ["!grpc", "!closed"],
      ssh_banner: ["ssh", "!pop3"],
      ssh_banner_extract: ["ssh", "!smtp"],
      irc_banner: ["irc"],
      icmp: ["loopback", "!unreachable"],
      icmp_ttl5: ["loopback"],
    },
    "02-web-shop.yml": {
      http_2xx: ["page", "json", "!missing"],
      http_3xx: ["moved", "!page"],
      http_content: ["page", "!json"],
      http_4xx_is_fine: ["missing", "!broken"],
    },
    "03-basic-auth-and-tokens.yml": {
      http_basic_auth: ["page"],
      http_bearer: ["page"],
      http_authorization: ["page"],
      http_api_key: ["page"],
    },
    "04-secrets-of-a-sidecar.yml": { vault_health: ["!page"], legacy_basic: ["!page"], http_2xx: ["page"] },
    "05-oauth2.yml": { api_with_oauth2: ["page", "!broken"], http_2xx: ["page"] },
    "06-proxies.yml": {
      http_via_proxy: ["page", "unreachable"],
      http_via_environment: ["page"],
      http_no_proxy: ["page", "!unreachable"],
    },
    "07-mail.yml": {
      smtp_starttls: ["smtp", "!imap"],
      smtp_banner: ["smtp", "!ssh"],
      imap_starttls: ["imap"],
      pop3_banner: ["pop3", "!smtp"],
    },
    "08-name-servers.yml": {
      dns_soa: ["dns", "!closed"],
      dns_a_udp: ["dns"],
      dns_mx_tcp: ["dns"],
      dns_must_not_exist: ["dns"],
    },
    "09-resolvers-over-tls.yml": { dot: ["dot", "!dns"], dns_no_recursion: ["dns"], dns_any: ["dns"] },
    "10-ping.yml": {
      icmp_ipv4: ["loopback", "!unreachable"],
      icmp_ttl: ["loopback"],
      icmp_big: ["loopback"],
      icmp_from: ["loopback"],
    },
    "11-grpc-services.yml": {
      grpc_plain: ["grpc", "!page", "!closed"],
      grpc_service: ["grpc"],
      grpc_unknown_service: ["!grpc"],
      grpc_tls: ["grpcTls", "!grpc"],
    },
    "12-sockets.yml": { unix_connect: ["socket", "!noSocket"], unix_banner: ["socket"] },
    "13-tls-everywhere.yml": {
      tls_connect: ["pop3s", "!https", "!pop3"],
      tls_connect_verified: ["!pop3s"],
      https_old_client: ["https", "!page"],
      https_client_certificate: ["!https"],
    },
    "14-durations-and-nulls.yml": {
      http_2xx: ["page", "!missing"],
      half_a_second: ["ssh"],
      long_form: ["loopback"],
      no_timeout: ["page"],
    },
    "15-json-apis.yml": {
      json_status: ["json", "!page"],
      json_queue: ["json"],
      json_quoted_field: ["json"],
      graphql: ["json", "!page"],
    },
    "16-compression.yml": { gzip_page: ["gzip"], identity_page: ["page"], small_page: ["!page"] },
    "17-chat-and-queues.yml": { redis_ping: ["redis"], irc: ["irc"], zookeeper_ruok: ["zookeeper"] },
    "18-cluster-defaults.yml": {
      http_2xx: ["page", "!https"],
      http_2xx_insecure: ["https"],
      icmp: ["loopback"],
      tcp_connect: ["grpc"],
      dns_cluster: ["dns"],
    },
    "19-networks.yml": {
      tcp_from_here: ["ssh"],
      http_six_then_four: ["page"],
      http_six_only: ["!page"],
      icmp_six: ["loopback"],
    },
    "20-a-bit-of-everything.yml": {
      website: ["page"],
      ssh: ["ssh"],
      ping: ["loopback"],
      ns: ["dns"],
      health: ["grpc"],
      socket: ["socket"],
    },
  };

/** Modules that this exporter turns off, with the status of their probes. */
const OFF: Readonly<Record<string, readonly string[]>> = { "20-a-bit-of-everything.yml": ["quic"] };

/** Series that only one of them has, as docs/blackbox-differences.md says: those of refused certificates. */
const EXPECTED_LINES: readonly RegExp[] = [
  /^\+ probe_ssl_(earliest_cert_expiry|last_chain_expiry_timestamp_seconds|last_chain_info)/,
  /^\+ probe_tls_(version|cipher)_info/,
  /^type of /,
];

let targets: KindTargets;
beforeAll(async () => {
  targets = await startKindTargets();
});
afterAll(() => targets[Symbol.asyncDispose]());

/** Bounds modules without a timeout. */
const SCRAPE = { "X-Prometheus-Scrape-Timeout-Seconds": "4" };

/** Asks again, as Prometheus does with its next scrape, while the exporter has stood still for too long to judge (503). */
async function ask(url: string) {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(url, { headers: SCRAPE });
    const { status } = response;
    const text = await response.text();
    if (status !== 503 || tries === 5) return { status, text, requests: [] };
  }
}

const files = readdirSync(FOLDER).toSorted();

test("each published file has probes", () => {
  expect(Object.keys(PROBES)).toEqual(files);
  expect(files.length).toBeGreaterThanOrEqual(20);
});

test.each(files)("%s starts in both exporters, and they return the same series", async (file) => {
  const { tokenUrl, proxyUrl, addresses } = targets;
  const yaml = readFileSync(join(FOLDER, file), "utf8")
    .replaceAll("https://auth.example.com/oauth2/token", tokenUrl)
    .replaceAll("http://proxy.example.com:3128", proxyUrl);
  const env = { HTTP_PROXY: proxyUrl, http_proxy: proxyUrl, NO_PROXY: "", no_proxy: "" };
  await using theirs = await startBlackbox({ version: "newest", config: yaml, env });
  await using ours = await startExporter({ yaml, env });
  const { modules } = parse(yaml) as { modules: Record<string, unknown> };
  const off = OFF[file] ?? [];
  expect(Object.keys(PROBES[file] ?? {})).toEqual(
    Object.keys(modules).filter((module) => !off.includes(module)),
  );

  const expected: Record<string, unknown> = {};
  const found: Record<string, unknown> = {};
  for (const [module, wanted] of Object.entries(PROBES[file] ?? {})) {
    for (const each of wanted) {
      const name = each.replace("!", "") as TargetName;
      const query = new URLSearchParams({ module, target: addresses[name] });
      const [before, after] = await Promise.all(
        [theirs.url, ours.url].map((url) => ask(`${url}/probe?${query}`)),
      );
      if (before === undefined || after === undefined) throw new Error("there are two exporters");
      const lines = differences(before, after, { slow: false, agent: false }).filter(
        (line) => !EXPECTED_LINES.some((expected) => expected.test(line)),
      );
      const verdict = each.startsWith("!") ? "failure" : "success";
      expected[`${module} ${name}`] = [verdict, verdict];
      found[`${module} ${name}`] = [verdictOf(before.text), verdictOf(after.text), ...lines];
    }
  }
  expect(found).toEqual(expected);
  for (const module of off) {
    const query = new URLSearchParams({ module, target: addresses.page });
    const response = await fetch(`${ours.url}/probe?${query}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(module);
    expect(ours.process.output()).toContain(module);
  }
});
