import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { ipPreferenceProperties } from "../resolution.ts";

/** Schema of `modules.<name>.icmp`: blackbox_exporter's options, `resend` and `allowed_targets`. */
export const icmpSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...ipPreferenceProperties,
    source_ip_address: {
      type: "string",
      description: "Address of this machine to send from; default chosen by the operating system.",
    },
    payload_size: {
      type: "integer",
      minimum: 0,
      maximum: 65_527,
      description:
        "Bytes of payload in an echo request, without the headers: 1472 fills an IPv4 packet of 1500 bytes; default 28.",
    },
    dont_fragment: {
      type: "boolean",
      description: "Forbid that routers and this machine fragment the packet; only for IPv4; default false.",
    },
    ttl: {
      type: "integer",
      minimum: 0,
      maximum: 255,
      description:
        "Time to live of the packet, the hop limit in IPv6; 0 for that of the operating system; default 64.",
    },
    resend: {
      type: "boolean",
      description:
        "Send another echo request each second until a reply comes, so that one lost packet does not fail the probe; default true. With false, one is sent, as by blackbox_exporter.",
    },
    allowed_targets: {
      type: "array",
      items: { type: "string", minLength: 1 },
      description:
        "Hosts (also *.example.com), addresses and ranges that may be probed; default all except link-local and metadata addresses.",
    },
  },
} as const satisfies JSONSchema;

/** The options of an `icmp` module. */
export type IcmpOptions = FromSchema<typeof icmpSchema, { keepDefaultedPropertiesOptional: true }>;
