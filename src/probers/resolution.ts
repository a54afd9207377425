import type { JSONSchema } from "json-schema-to-ts";
import { gauge, type Sample, sample } from "../core/metric.ts";
import type { IpPreference, Resolution } from "../core/network.ts";

/** Schema of the options that choose one address of a target, named as in blackbox_exporter. */
export const ipPreferenceProperties = {
  preferred_ip_protocol: {
    enum: ["ip4", "ip6", "ipv4", "ipv6", ""],
    description: "IP version to prefer: ip4 (or ipv4) or ip6 (or ipv6); default ip6.",
  },
  ip_protocol_fallback: {
    type: "boolean",
    description: "Use the other IP version if there is no address of the preferred one; default true.",
  },
} as const satisfies Record<string, JSONSchema>;

/** Compiles the options of `ipPreferenceProperties`. */
export const compileIpPreference = (options: {
  readonly preferred_ip_protocol?: "ip4" | "ip6" | "ipv4" | "ipv6" | "";
  readonly ip_protocol_fallback?: boolean;
}): IpPreference => ({
  preferred: options.preferred_ip_protocol === "ip4" || options.preferred_ip_protocol === "ipv4" ? 4 : 6,
  fallback: options.ip_protocol_fallback ?? true,
});

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
