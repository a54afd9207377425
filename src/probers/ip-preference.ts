import type { JSONSchema } from "json-schema-to-ts";
import type { IpPreference } from "../core/network.ts";
import type { CompileContext } from "../core/prober.ts";

/** Schemas of the options that choose the IP version, with the names of blackbox_exporter. */
export const ipProperties = {
  preferred_ip_protocol: {
    type: "string",
    description: "IP version to prefer, ip4 or ip6; default ip6. ipv4, ipv6 and upper case are accepted too.",
  },
  ip_protocol_fallback: {
    type: "boolean",
    description: "Use the other IP version if there is no address of the preferred one; default true.",
  },
} as const satisfies Record<string, JSONSchema>;

/** The options that choose the IP version. */
interface IpOptions {
  readonly preferred_ip_protocol?: string;
  readonly ip_protocol_fallback?: boolean;
}

/**
 * Compiles the preferred IP version. As in blackbox_exporter, a word that is not known means ip4; it is a warning, because
 * probes with it work.
 */
export function compileIpPreference(
  { preferred_ip_protocol: word = "", ip_protocol_fallback: fallback = true }: IpOptions,
  context: CompileContext,
): IpPreference {
  const version = /^ipv?([46])$/i.exec(word)?.[1];
  if (version === undefined && word !== "") {
    const text = `is ${JSON.stringify(word)}, which means ip4 as in blackbox_exporter; write ip4 or ip6`;
    context.warn(["preferred_ip_protocol"], text);
  }
  return { preferred: version === "6" || word === "" ? 6 : 4, fallback };
}
