import { suggestion } from "../../config/document/describe.ts";
import { HEALTH_PROMPT, HEALTH_WORD } from "../../config/env/variables.ts";
import { redactAddress } from "../../core/secret.ts";

/**
 * The modules of `probe` without a file: those of the configuration that blackbox_exporter comes with, under the same names, as
 * far as they need no protocol of their own, and one for each further kind of address.
 */
const BUILT_IN_MODULES: Readonly<Record<string, object>> = {
  http_2xx: { prober: "http" },
  http_post_2xx: { prober: "http", http: { method: "POST" } },
  tcp_connect: { prober: "tcp" },
  unix_connect: { prober: "unix" },
  pop3s_banner: { prober: "tcp", tcp: { tls: true, query_response: [{ expect: "^\\+OK" }] } },
  ssh_banner: {
    prober: "tcp",
    tcp: { query_response: [{ expect: "^SSH-2\\.0-" }, { send: "SSH-2.0-heartbeat-exporter" }] },
  },
  irc_banner: {
    prober: "tcp",
    tcp: {
      query_response: [
        { send: "NICK prober" },
        { send: "USER prober prober prober :prober" },
        { expect: "PING :([^ ]+)", send: "PONG ${1}" },
        { expect: "^:[^ ]+ 001" },
      ],
    },
  },
  grpc: { prober: "grpc", grpc: { tls: true } },
  grpc_plain: { prober: "grpc", grpc: { tls: false } },
  icmp: { prober: "icmp" },
  icmp_ttl5: { prober: "icmp", timeout: "5s", icmp: { ttl: 5 } },
  dns: { prober: "dns", dns: { query_name: ".", query_type: "NS" } },
  websocket: { prober: "websocket" },
  llm: {
    prober: "llm",
    timeout: "30s",
    llm: { api: "openai", prompt: HEALTH_PROMPT, expect: { word: HEALTH_WORD } },
  },
};

/** The names of the built-in modules. */
export const BUILT_IN_NAMES: readonly string[] = Object.keys(BUILT_IN_MODULES);

/** Returns the configuration with these built-in modules and no others, because each says what it lacks on this machine. */
export function builtInConfig(names: ReadonlySet<string>): string {
  const entries = Object.entries(BUILT_IN_MODULES).filter(([name]) => names.has(name));
  return JSON.stringify({ modules: Object.fromEntries(entries) });
}

/** Returns the module for an address whose scheme tells which one it needs. */
export function moduleOfScheme(address: string): string | undefined {
  if (/^https?:\/\//i.test(address)) return "http_2xx";
  return /^wss?:\/\//i.test(address) ? "websocket" : undefined;
}

/** The modules for ports that tell what answers there. */
const OF_PORTS: Readonly<Record<string, { readonly name: string; readonly does: string }>> = {
  22: { name: "ssh_banner", does: "also reads the greeting of an SSH server" },
  53: { name: "dns", does: "asks a DNS server" },
  995: { name: "pop3s_banner", does: "also reads the greeting of a POP3 server" },
  6667: { name: "irc_banner", does: "also joins an IRC server" },
  9090: { name: "grpc_plain", does: "asks the health service of gRPC" },
  50051: { name: "grpc_plain", does: "asks the health service of gRPC" },
};

/** Returns the error text for an address whose module is unknown, with the modules that it probably needs. */
export function missingModule(address: string): string {
  const got = `target: got ${JSON.stringify(redactAddress(address))}`;
  if (/^(?:unix:\/\/)?\//.test(address))
    return `${got}, want --module as well: unix_connect connects to a Unix socket`;
  const [, host = address, port] = /^(?:[a-z]+:\/\/)?(\[[^\]]*\]|[^:/]+)(?::(\d+))?$/i.exec(address) ?? [];
  if (port !== undefined) {
    const special = OF_PORTS[port];
    const more = special === undefined ? "" : `, ${special.name} ${special.does}`;
    return `${got}, want --module as well: tcp_connect connects to the port${more}; or a URL such as ${urlAt(host, port)}`;
  }
  return `${got}, want a URL such as https://${host}, or --module as well: icmp pings a host, tcp_connect needs ${host}:PORT`;
}

const urlAt = (host: string, port: string): string =>
  ["80", "8080"].includes(port) ? `http://${host}:${port}` : `https://${host}:${port}`;

/** Returns the error text for a module that is not built in. */
export const unknownBuiltIn = (name: string): string =>
  `--module: got ${JSON.stringify(name)}, want one of ${BUILT_IN_NAMES.join(", ")}${suggestion(name, BUILT_IN_NAMES)}; others need --config.file`;
