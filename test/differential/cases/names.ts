import { redirect, script, text, to } from "../answers.ts";
import type { Case } from "../case.ts";
import { facts, refusedCertificate, trusting } from "./trust.ts";

/** The changes from a failed handshake to a successful probe. */
const accepted = [
  ...facts,
  "+ probe_ssl_last_chain_expiry_timestamp_seconds",
  "probe_http_content_length: 0 -> 5",
  ...["connect", "tls", "processing", "transfer"].map(
    (phase) => `probe_http_duration_seconds{phase="${phase}"}: 0 -> some time`,
  ),
  "probe_http_ssl: 0 -> 1",
  "probe_http_status_code: 0 -> 200",
  "probe_http_uncompressed_body_length: 0 -> 5",
  "probe_http_version: 0 -> 1.1",
  "probe_success: 0 -> 1",
  "requests: 0 -> 1",
];

/** Server names that TLS sends and verifies. */
export const names: readonly Case[] = [
  {
    name: "the name of the target is sent",
    verdict: "success",
    at: "https",
    host: "localhost",
    http: trusting(),
  },
  { name: "an address is not sent", verdict: "success", at: "https", http: trusting() },
  {
    name: "server_name is sent",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: www.example.com"),
  },
  {
    name: "server_name without a certificate",
    verdict: "failure",
    at: "https",
    http: trusting(", server_name: other.example"),
    ...refusedCertificate,
  },
  {
    name: "server_name of a wildcard",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: a.wild.example"),
  },
  {
    name: "server_name below a wildcard",
    verdict: "failure",
    at: "https",
    http: trusting(", server_name: a.b.wild.example"),
    ...refusedCertificate,
  },
  {
    name: "server_name in capitals",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: WWW.Example.COM"),
  },
  {
    name: "server_name with a trailing dot",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: www.example.com."),
  },
  {
    name: "server_name that is an address",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: 127.0.0.2"),
  },
  {
    name: "the Host header is sent as the server name",
    verdict: "success",
    at: "https",
    http: trusting("", ", headers: { host: www.example.com }"),
  },
  {
    name: "the Host header with a port is sent as the server name",
    verdict: "failure",
    at: "https",
    http: trusting("", ", headers: { Host: 'www.example.com:8443' }"),
    differs: { "port-of-the-host-header": accepted },
  },
  {
    name: "server_name before the Host header",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: a.wild.example", ", headers: { Host: www.example.com }"),
  },
  {
    name: "the hostname parameter is sent as the server name",
    verdict: "success",
    at: "https",
    http: trusting(),
    parameters: () => ({ hostname: "www.example.com" }),
  },
  {
    name: "server_name before the hostname parameter",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: a.wild.example"),
    parameters: () => ({ hostname: "www.example.com" }),
  },
  {
    name: "the name on a relative redirect",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: www.example.com"),
    answer: redirect(({ path }) => `${path}/1`),
  },
  {
    name: "the name on a redirect to the same address",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: www.example.com"),
    answer: redirect(({ url }) => `${url("https")}/1`),
  },
  {
    name: "the name on a redirect to another host",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: www.example.com"),
    answer: redirect(({ url }) => `${url("https", "localhost")}/1`),
  },
  {
    name: "the name on a redirect to the target's own name",
    verdict: "success",
    at: "https",
    host: "localhost",
    http: trusting(", server_name: www.example.com"),
    answer: redirect(({ url }) => `${url("https", "localhost")}/1`),
    differs: { "own-name": ["request 2: serverName: localhost -> www.example.com"] },
  },
  {
    name: "the name on a redirect to another host and back",
    verdict: "success",
    at: "https",
    http: trusting(", server_name: www.example.com"),
    answer: script(
      to(({ url }) => `${url("https", "localhost")}/1`),
      to(({ url }) => `${url("https")}/2`),
      text("back"),
    ),
  },
  {
    name: "the name on a redirect to a host without a certificate",
    verdict: "failure",
    at: "https",
    http: trusting(", server_name: www.example.com"),
    answer: redirect(({ url }) => `${url("wrongHost", "localhost")}/1`),
    ...refusedCertificate,
  },
  {
    name: "a redirect to an expired certificate that is not followed",
    verdict: "success",
    at: "https",
    http: trusting("", ", follow_redirects: false, valid_status_codes: [302]"),
    answer: redirect(({ url }) => `${url("expired")}/1`),
  },
  {
    name: "the certificate of the last response is exported",
    verdict: "success",
    at: "https",
    http: trusting(),
    answer: redirect(({ url }) => `${url("chain")}/1`),
  },
];
