import { join } from "node:path";
import type { KindCase } from "../kinds.ts";
import type { Sockets } from "../targets/conversations.ts";
import { panics, refused, SOON, secured, TRUSTING, UNVERIFIED } from "./tcp/tcp-case.ts";

type UnixCase = KindCase<Sockets>;

const unix = (options = "{}"): string => `{ prober: unix, unix: ${options} }`;
const steps = (list: string, more = ""): string => unix(`{ query_response: [${list}]${more} }`);
const at =
  (socket: Parameters<Sockets["at"]>[0]) =>
  (place: Sockets): string =>
    place.at(socket);

const START = "{ expect: OK, send: a1 STARTTLS }, { expect: OK, starttls: true }";

/** Unix sockets. */
export const unixCases: readonly UnixCase[] = [
  { name: "connect", verdict: "success", module: unix(), target: at("greets") },
  { name: "no options", verdict: "success", module: "{ prober: unix }", target: at("greets") },
  { name: "no file", verdict: "failure", module: unix(), target: ({ folder }) => join(folder, "missing") },
  {
    name: "no folder",
    verdict: "failure",
    module: unix(),
    target: ({ folder }) => join(folder, "missing/x"),
  },
  { name: "regular file", verdict: "failure", module: unix(), target: "/etc/passwd" },
  { name: "folder", verdict: "failure", module: unix(), target: ({ folder }) => folder },
  { name: "path too long", verdict: "failure", module: unix(), target: `/tmp/${"x".repeat(120)}` },
  { name: "URL", verdict: "failure", module: unix(), target: (place) => `unix://${place.at("greets")}` },
  {
    name: "detour",
    verdict: "success",
    module: unix(),
    target: ({ folder }) => `${folder}/../${folder.split("/").at(-1)}//./greets.sock`,
  },
  {
    name: "abstract socket",
    verdict: "success",
    module: steps("{ expect: one }"),
    target: ({ abstract }) => abstract,
  },
  {
    name: "unknown abstract socket",
    verdict: "failure",
    module: unix(),
    target: ({ abstract }) => `${abstract}-x`,
  },
  {
    name: "NUL in the path",
    verdict: "success",
    module: unix(),
    target: (place) => `${place.at("greets")}\0.sock`,
    differs: {
      "paths-with-nul": [
        "- probe_failed_due_to_bytes",
        "- probe_failed_due_to_regex",
        "probe_success: 1 -> 0",
      ],
    },
  },
  {
    name: "lines and labels",
    verdict: "success",
    module: steps("{ expect: 'hello (.*)', labels: [{ name: word, value: $1 }] }, { expect: '^last$' }"),
    target: at("greets"),
  },
  { name: "no line matches", verdict: "failure", module: steps("{ expect: nothing }"), target: at("greets") },
  {
    name: "no line matches before the deadline",
    verdict: "failure",
    timeout: SOON,
    module: steps("{ expect: nothing }"),
    target: at("staysOpen"),
  },
  { name: "send", verdict: "success", module: steps("{ send: PING, starttls: false }"), target: at("redis") },
  {
    name: "send and expect",
    verdict: "success",
    module: steps("{ send: AUTH hunter22 }, { expect: OK, send: PING }, { expect: PONG }"),
    target: at("redis"),
  },
  { name: "bytes", verdict: "success", module: steps('{ expect_bytes: "\\x00\\x01" }'), target: at("bytes") },
  {
    name: "other bytes",
    verdict: "failure",
    module: steps('{ expect_bytes: "\\x00\\x02" }'),
    target: at("bytes"),
  },
  {
    name: "TLS",
    verdict: "success",
    module: unix(`{ tls: true, ${UNVERIFIED} }`),
    target: at("tls"),
    ...secured,
  },
  {
    name: "TLS without a name",
    verdict: "failure",
    module: unix(`{ tls: true, ${TRUSTING} }`),
    target: at("tls"),
    ...refused,
  },
  {
    name: "TLS with server_name",
    verdict: "success",
    module: unix("{ tls: true, tls_config: { ca_file: '{folder}/root.pem', server_name: localhost } }"),
    target: at("tls"),
    ...secured,
  },
  {
    name: "?hostname= is no server name",
    verdict: "failure",
    module: unix(`{ tls: true, ${TRUSTING} }`),
    target: at("tls"),
    parameters: { hostname: "localhost" },
    ...refused,
  },
  {
    name: "TLS to a plain server",
    verdict: "failure",
    module: unix(`{ tls: true, ${UNVERIFIED} }`),
    target: at("greets"),
  },
  {
    name: "STARTTLS",
    verdict: "success",
    module: steps(START, `, ${UNVERIFIED}`),
    target: at("starts"),
    ...secured,
  },
  {
    name: "STARTTLS without a name",
    verdict: "failure",
    module: steps(START, `, ${TRUSTING}`),
    target: at("starts"),
  },
  {
    name: "STARTTLS with server_name",
    verdict: "success",
    module: steps(START, ", tls_config: { ca_file: '{folder}/root.pem', server_name: localhost }"),
    target: at("starts"),
    ...secured,
  },
  {
    name: "missing ca_file",
    ...panics,
    module: unix("{ tls: true, tls_config: { ca_file: '{folder}/missing.pem' } }"),
    target: at("tls"),
  },
];
