import type { KindCase } from "../../kinds.ts";
import type { ConversationServer, Conversations } from "../../targets/conversations.ts";
import { facts } from "../trust.ts";

/** A case of `tcp`. */
export type TcpCase = KindCase<Conversations>;

/** Returns a module in YAML; `options` in braces. */
export const tcp = (options = "{}"): string => `{ prober: tcp, tcp: ${options} }`;

/** Returns a module with these steps, in YAML. */
export const steps = (list: string, more = ""): string => tcp(`{ query_response: [${list}]${more} }`);

/** Returns the target of a case. */
export const at =
  (server: ConversationServer, host?: string) =>
  (place: Conversations): string =>
    place.at(server, host);

/** A deadline for probes that wait for it. */
export const SOON = "700ms";

/** Trusts the authority of the targets. */
export const TRUSTING = "tls_config: { ca_file: '{folder}/root.pem' }";

/** Accepts any certificate. */
export const UNVERIFIED = "tls_config: { insecure_skip_verify: true }";

/** The difference of every case with a TLS connection. */
export const secured: Pick<TcpCase, "differs"> = {
  differs: { "cipher-of-conversations": ["+ probe_tls_cipher_info"] },
};

/** The difference of a case whose certificate is refused. */
export const refused: Pick<TcpCase, "differs"> = { differs: { "certificate-facts": facts } };

/** A case in which blackbox_exporter has a bug, and closes the connection of the scrape. */
export const panics: Pick<TcpCase, "verdict" | "differs"> = {
  verdict: 0,
  differs: { "broken-scrapes": ["status: 0 -> 200", "text"] },
};
