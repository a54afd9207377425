import { A } from "../../../helpers/dns-messages.ts";
import { answering, type Respond } from "../../../helpers/name-server.ts";
import type { KindCase } from "../../kinds.ts";

/** The name servers of the cases. */
export interface DnsPlace {
  /** The port of the server that answers as each case says, over UDP and TCP, on 127.0.0.1. */
  readonly port: number;
  /** That of the same server on ::1. */
  readonly port6: number;
  /** Its port for DNS over TLS on 127.0.0.1. */
  readonly tlsPort: number;
  /** A port that leads to `tlsPort` only after 2.2 s. */
  readonly slowTlsPort: number;
  /** The ports of unbound and dnsmasq on 127.0.0.1 and ::1. */
  readonly unbound: number;
  readonly unboundTls: number;
  readonly dnsmasq: number;
}

/** A case about the `dns` prober. */
export interface DnsCase extends KindCase<DnsPlace> {
  /** The first label of its name: the server recognizes the case by it. */
  readonly label: string;
  readonly respond: Respond;
}

/** The fields of a case that `dnsCase` completes. */
export interface DnsCaseFields extends Omit<KindCase<DnsPlace>, "module" | "target"> {
  /** Options of the module in YAML, without the name and the braces; type A by default. */
  readonly dns?: string | ((place: DnsPlace) => string);
  /** The name to ask for, instead of `<label>.test`. */
  readonly asks?: string;
  readonly respond?: Respond;
  /** The server of the cases on 127.0.0.1 by default. */
  readonly target?: string | ((place: DnsPlace) => string);
}

/** Responds with one address. */
export const address: Respond = answering({ answer: [A] });

/** Makes a case. */
export function dnsCase(fields: DnsCaseFields): DnsCase {
  const { dns = "", asks, respond = address, target = ({ port }) => `127.0.0.1:${port}`, ...others } = fields;
  const label = fields.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 63);
  const options = (place: DnsPlace): string => {
    const own = typeof dns === "string" ? dns : dns(place);
    const name = /(^|[, ])query_name:/.test(own)
      ? ""
      : `query_name: ${JSON.stringify(asks ?? `${label}.test`)}, `;
    const type = /(^|[, ])query_type:/.test(own) ? "" : "query_type: A, ";
    return `{ prober: dns, dns: { ${name}${type}${own} } }`;
  };
  return { ...others, label, respond, target, module: options };
}

/** The text of YAML for an expression that matches `text` only. */
export const exactly = (text: string): string => {
  const escape = (character: string): string => `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  return JSON.stringify(`^${text.replaceAll(/[^A-Za-z0-9]/gu, escape)}$`);
};

/** The series about certificates, which blackbox_exporter does not have for name servers. */
export const CERTIFICATE_SERIES = [
  "+ probe_ssl_earliest_cert_expiry",
  "+ probe_ssl_last_chain_info",
  "+ probe_tls_cipher_info",
  "+ probe_tls_version_info",
];
export const ACCEPTED_CERTIFICATE = [
  ...CERTIFICATE_SERIES,
  "+ probe_ssl_last_chain_expiry_timestamp_seconds",
];
