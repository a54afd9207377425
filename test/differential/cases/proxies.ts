import { redirect } from "../answers.ts";
import type { Case, Place } from "../case.ts";
import { refusedCertificate } from "./trust.ts";

const via =
  (more = "", user = "") =>
  ({ port }: Place): string =>
    `{ proxy_url: "http://${user}127.0.0.1:${port("proxy")}"${more} }`;
const trusting =
  (more = "", user = "") =>
  (place: Place): string =>
    via(`, tls_config: { ca_file: ${place.file("root.pem")} }${more}`, user)(place);

const proxied = (name: string, more: Partial<Case> = {}): Case => ({
  name: `proxy: ${name}`,
  verdict: "success",
  needs: "proxy",
  http: via(),
  ...more,
});

/** A name and an address that only a proxy can serve. */
const nowhere = "nowhere.invalid";
const unused = "192.0.2.1";
const at =
  (host: string) =>
  ({ path }: Place): string =>
    `http://${host}${path}`;

/** Series of blackbox_exporter about the proxy, in place of the target. */
const proxyFacts = [
  "- probe_ssl_earliest_cert_expiry",
  "- probe_ssl_last_chain_expiry_timestamp_seconds",
  "- probe_ssl_last_chain_info",
  "- probe_tls_cipher_info",
  "- probe_tls_version_info",
  "probe_http_ssl: 1 -> 0",
];

/** The case whose proxy is in the environment of both exporters. */
export const viaEnvironment: Case = proxied("from the environment", {
  http: "{ proxy_from_environment: true }",
  target: at(unused),
});

/** Proxies, plain and with CONNECT. */
export const proxies: readonly Case[] = [
  proxied("plain HTTP"),
  proxied("plain HTTP by name", { host: "localhost" }),
  proxied("an address behind it", { target: at(unused) }),
  proxied("with credentials", { http: via("", "user:p%40ss@") }),
  proxied("with a user", { http: via("", "user@") }),
  proxied("headers of CONNECT are not sent with plain HTTP", {
    http: via(", proxy_connect_header: { X-Via: [a] }"),
  }),
  proxied("a tunnel", { at: "https", http: trusting() }),
  proxied("a tunnel by name", { at: "https", host: "localhost", http: trusting() }),
  proxied("a tunnel for HTTP/2", { at: "http2", http: trusting() }),
  proxied("a tunnel with credentials and headers", {
    at: "https",
    http: trusting(", proxy_connect_header: { x-via: [a, b], X-Other: [c] }", "user:word@"),
  }),
  proxied("a tunnel that is refused", { verdict: "failure", at: "https", http: trusting("", "denied@") }),
  proxied("a tunnel that is not opened", {
    verdict: "failure",
    slow: true,
    timeout: "1s",
    at: "https",
    http: trusting("", "silent@"),
  }),
  proxied("a tunnel to a port that refuses", {
    verdict: "failure",
    http: trusting(),
    target: ({ port }) => `https://127.0.0.1:${port("closed")}/`,
  }),
  proxied("a tunnel to an expired certificate", {
    verdict: "failure",
    at: "expired",
    http: trusting(),
    ...refusedCertificate,
  }),
  proxied("that refuses connections", {
    verdict: "failure",
    http: ({ port }) => `{ proxy_url: "http://127.0.0.1:${port("closed")}" }`,
  }),
  proxied("that refuses connections for a tunnel", {
    verdict: "failure",
    at: "https",
    http: ({ port, file }) =>
      `{ proxy_url: "http://127.0.0.1:${port("closed")}", tls_config: { ca_file: ${file("root.pem")} } }`,
  }),
  proxied("whose name is unknown", {
    verdict: "failure",
    timeout: "3s",
    http: `{ proxy_url: "http://${nowhere}:3128" }`,
  }),
  proxied("redirects go through it", { answer: redirect(({ path }) => `${path}/1`), host: "localhost" }),
  proxied("redirects to other hosts go through it", {
    answer: redirect(({ path }) => `http://${nowhere}${path}/1`),
  }),
  proxied("a redirect from plain HTTP to a tunnel", {
    http: trusting(),
    answer: redirect(({ url }) => `${url("https", "localhost")}/1`),
  }),

  proxied("no_proxy makes loopback direct", { http: via(", no_proxy: other.example") }),
  proxied("no_proxy for an address", {
    verdict: "failure",
    timeout: "1s",
    http: via(", no_proxy: '192.0.2.1'"),
    target: ({ path, port }) => `http://127.0.0.3:${port("closed")}${path}`,
  }),
  proxied("no_proxy for another address", {
    http: via(", no_proxy: '192.0.2.2,192.0.3.0/24'"),
    target: at(unused),
  }),
  proxied("no_proxy that is empty", { http: via(", no_proxy: ''") }),
  proxied("no_proxy on redirects", {
    http: via(", no_proxy: other.example"),
    target: at(unused),
    answer: redirect(({ url }) => `${url("http")}/1`),
  }),

  proxied("the target is not resolved", {
    http: via(", skip_resolve_phase_with_proxy: true"),
    target: at(nowhere),
  }),
  proxied("the target is not resolved for a tunnel", {
    verdict: "failure",
    http: trusting(", skip_resolve_phase_with_proxy: true"),
    target: () => `https://${nowhere}/`,
  }),
  proxied("the target is not resolved for a tunnel that is opened", {
    at: "https",
    host: "localhost",
    http: trusting(", skip_resolve_phase_with_proxy: true"),
  }),
  proxied("the target is not resolved and redirects", {
    http: via(", skip_resolve_phase_with_proxy: true"),
    target: at(nowhere),
    answer: redirect(({ path }) => `${path}/1`),
  }),
  proxied("the target is resolved", { verdict: "failure", timeout: "3s", target: at(nowhere) }),
  {
    name: "the target is resolved without a proxy",
    verdict: "success",
    http: "{ skip_resolve_phase_with_proxy: true }",
  },
  proxied("the target is not resolved with a body", {
    http: via(
      ", skip_resolve_phase_with_proxy: true, method: POST, body: data, headers: { Host: www.example.com }",
    ),
    target: at(nowhere),
  }),

  ...(
    [
      ["plain HTTP", "http", "root.pem", { differs: { "tls-of-the-proxy": proxyFacts } }],
      ["a tunnel", "https", "root.pem", {}],
      ["HTTP/2", "http2", "root.pem", {}],
      ["a proxy that is not trusted", "http", "other-root.pem", { verdict: "failure" }],
    ] as const
  ).map(([what, server, ca, more]) =>
    proxied(`over TLS for ${what}`, {
      needs: "secureProxy",
      at: server,
      http: ({ origin, file }) =>
        `{ proxy_url: "${origin("secureProxy")}", tls_config: { ca_file: ${file(ca)} } }`,
      ...more,
    }),
  ),

  viaEnvironment,
  proxied("from the environment for a target that is not resolved", {
    http: "{ proxy_from_environment: true, skip_resolve_phase_with_proxy: true }",
    target: at(nowhere),
  }),
  proxied("from the environment, which excepts a target that is not resolved", {
    verdict: "failure",
    timeout: "3s",
    http: "{ proxy_from_environment: true, skip_resolve_phase_with_proxy: true }",
    target: at("direct.example"),
  }),
  proxied("from the environment, which excepts loopback, and a target that is not resolved", {
    http: "{ proxy_from_environment: true, skip_resolve_phase_with_proxy: true }",
  }),
  proxied("loopback with a proxy from the environment", { http: "{ proxy_from_environment: true }" }),
];
