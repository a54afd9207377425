import type { Verdict } from "../../case.ts";
import { certificates } from "../../targets/certificates.ts";
import type { GrpcServerName } from "../../targets/grpc.ts";
import { at, type GrpcCase } from "./case.ts";

/** Files of the modules. */
export const grpcFiles: Readonly<Record<string, string>> = {
  "root.pem": certificates.root.cert,
  "client.pem": certificates.client.cert,
  "client.key": certificates.client.key,
  "broken.pem": "not a certificate",
};

const trust = (more = "", outside = ""): string =>
  `tls: true, ${outside} tls_config: { ca_file: '{folder}/root.pem'${more} }`;

const FURTHER = ["+ probe_ssl_last_chain_expiry_timestamp_seconds", "+ probe_tls_cipher_info"];
const ALL = [
  "+ probe_ssl_earliest_cert_expiry",
  "+ probe_ssl_last_chain_info",
  "+ probe_tls_cipher_info",
  "+ probe_tls_version_info",
];

const accepted = (
  name: string,
  server: GrpcServerName,
  options: string,
  more: Parameters<typeof at>[4] = {},
): GrpcCase =>
  at(server, `TLS: ${name}`, "success", options, { differs: { "grpc-certificates": FURTHER }, ...more });

/** A handshake after which there is no good answer. */
const answered = (name: string, service: string): GrpcCase =>
  at("good", `TLS: ${name}`, "failure", trust("", `service: ${service},`), {
    differs: {
      "grpc-certificates": [...ALL, "+ probe_ssl_last_chain_expiry_timestamp_seconds"],
      "grpc-ssl-of-errors": ["probe_grpc_ssl: 0 -> 1"],
    },
  });

const refused = (
  name: string,
  server: GrpcServerName,
  options: string,
  more: Parameters<typeof at>[4] = {},
): GrpcCase =>
  at(server, `TLS: ${name}`, "failure", options, { differs: { "grpc-certificates": ALL }, ...more });

const unusable = (name: string, options: string): GrpcCase => at("good", `TLS: ${name}`, "failure", options);

/** Connections over TLS. */
export const tls: readonly GrpcCase[] = [
  accepted("a trusted certificate", "good", trust()),
  accepted("by name", "good", trust(), { host: "localhost" }),
  accepted("another server name", "good", trust(", server_name: www.example.com")),
  accepted("TLS 1.2", "good", trust(", max_version: TLS12")),
  accepted("no verification", "selfSigned", "tls: true, tls_config: { insecure_skip_verify: true }"),
  accepted(
    "no verification of an expired certificate",
    "expired",
    "tls: true, tls_config: { insecure_skip_verify: true }",
  ),
  accepted("a chain", "chain", trust()),
  accepted(
    "a client certificate",
    "clientWanted",
    trust(", cert_file: '{folder}/client.pem', key_file: '{folder}/client.key'"),
  ),
  accepted("a service", "good", trust("", "service: shop.Orders,")),
  answered("an error", "code-5"),
  at("good", "TLS: not serving", "failure", trust("", "service: status-2,"), {
    differs: { "grpc-certificates": FURTHER },
  }),
  refused("an unknown authority", "good", "tls: true"),
  refused("an expired certificate", "expired", trust()),
  refused("another host", "wrongHost", trust()),
  refused("another server name than that of the certificate", "good", trust(", server_name: other.example")),
  refused("no names", "noNames", trust(), { host: "localhost" }),
  refused("no client certificate", "clientWanted", trust(), {
    differs: { "grpc-certificates": [...ALL, "+ probe_ssl_last_chain_expiry_timestamp_seconds"] },
  }),
  at("health", "TLS: a server in plain text", "failure", "tls: true"),
  at("good", "TLS: a client in plain text", "failure", ""),
  at("closed", "TLS: no server", "failure", "tls: true"),
  unusable("a missing file", "tls: true, tls_config: { ca_file: '{folder}/missing.pem' }"),
  unusable("a broken file", "tls: true, tls_config: { ca_file: '{folder}/broken.pem' }"),
  at(
    "health",
    "TLS: a broken file that is not used",
    "failure",
    "tls_config: { ca_file: '{folder}/broken.pem' }",
  ),
];

const target = (
  name: string,
  verdict: Verdict,
  text: (port: number) => string,
  more: Partial<GrpcCase> = {},
): GrpcCase => ({
  name: `target: ${name}`,
  verdict,
  module: "{ prober: grpc, grpc: {} }",
  target: (place) => text(place.port("health")),
  ...more,
});

/** Forms of targets. */
export const targets: readonly GrpcCase[] = [
  target("an address", "success", (port) => `127.0.0.1:${port}`),
  target("a name", "success", (port) => `localhost:${port}`),
  target("http://", "success", (port) => `http://127.0.0.1:${port}`),
  target("https://, a path and a query", "success", (port) => `https://127.0.0.1:${port}/a/b?c#d`),
  target("a path", "success", (port) => `127.0.0.1:${port}/a`),
  target("a fragment", "success", (port) => `127.0.0.1:${port}#a`),
  target("a user", "success", (port) => `user:secret@127.0.0.1:${port}`),
  target("a closed port", "failure", () => "127.0.0.1:1", {
    target: (place) => `127.0.0.1:${place.port("closed")}`,
  }),
  target("port 0", "failure", () => "127.0.0.1:0"),
  target("a port above 65535", "failure", () => "127.0.0.1:70000"),
  target("a port that is no number", "failure", () => "127.0.0.1:abc"),
  target("an unknown name", "failure", () => "does-not-exist.invalid:50051"),
  target("another scheme", "failure", (port) => `grpc://127.0.0.1:${port}`),
  target("no host", "failure", (port) => `:${port}`),
  target("a space", "failure", () => "exa mple:1"),
  target("a control character", "failure", () => "exa\u0001mple:1"),
  target("IPv4 preferred", "success", (port) => `localhost:${port}`, {
    module: "{ prober: grpc, grpc: { preferred_ip_protocol: ip4, ip_protocol_fallback: false } }",
  }),
  target("IPv6 only", "failure", (port) => `127.0.0.1:${port}`, {
    module: "{ prober: grpc, grpc: { preferred_ip_protocol: ip6, ip_protocol_fallback: false } }",
  }),
  target("an IPv6 address", "failure", () => "", {
    target: (place) => `[::1]:${place.port("ipv6")}`,
    differs: {
      "grpc-ipv6-addresses": [
        'probe_grpc_healthcheck_response{serving_status="SERVING"}: 0 -> 1',
        "probe_grpc_status_code: 14 -> 0",
        "probe_success: 0 -> 1",
      ],
    },
  }),
  target("a module without options", "failure", (port) => `127.0.0.1:${port}`, {
    module: "{ prober: grpc }",
    differs: {
      "grpc-without-options": [
        '+ probe_grpc_duration_seconds{phase="check"}',
        '+ probe_grpc_healthcheck_response{serving_status="NOT_SERVING"}',
        '+ probe_grpc_healthcheck_response{serving_status="SERVICE_UNKNOWN"}',
        '+ probe_grpc_healthcheck_response{serving_status="SERVING"}',
        '+ probe_grpc_healthcheck_response{serving_status="UNKNOWN"}',
        'probe_grpc_duration_seconds{phase="resolve"}: 0 -> some time',
        "probe_ip_addr_hash: 0 -> 3668918509",
        "probe_ip_protocol: 0 -> 4",
        "probe_success: 0 -> 1",
      ],
    },
  }),
];
