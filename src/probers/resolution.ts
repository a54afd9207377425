import type { JSONSchema } from "json-schema-to-ts";
import { gauge, type Sample, sample } from "../core/metric.ts";
import type { IpPreference, Resolution } from "../core/network.ts";
import type { CompileContext } from "../core/prober.ts";

/** Schemas of the options that choose the IP version, with the names of blackbox_exporter. */
export const ipPreferenceProperties = {
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

const LOOKED_UP = { when: "once the host name was looked up", detail: true };

/** Metrics of the resolution of a target, the same for each prober that chooses one address. Named as in blackbox_exporter. */
export const resolutionMetrics = {
  dnsLookupTime: gauge(
    "probe_dns_lookup_time_seconds",
    "Time taken to resolve the host name of the target",
    [],
    LOOKED_UP,
  ),
  ipProtocol: gauge(
    "probe_ip_protocol",
    "IP version that was used: 4 or 6, 0 if the host name could not be resolved",
    [],
    LOOKED_UP,
  ),
  ipAddrHash: gauge(
    "probe_ip_addr_hash",
    "FNV-32a hash of the IP address that was used; it changes when the address does",
    [],
    LOOKED_UP,
  ),
};

/** Makes the samples of a resolution, also of one that failed. */
export const resolutionSamples = ({ seconds, protocol, hash }: Resolution): readonly Sample[] => [
  sample(resolutionMetrics.dnsLookupTime, seconds),
  sample(resolutionMetrics.ipProtocol, protocol),
  sample(resolutionMetrics.ipAddrHash, hash),
];
