import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { allowedTargetsSchema } from "../address-policy.ts";
import { ipPreferenceProperties } from "../resolution.ts";
import { tlsConfigSchema } from "../tls-options.ts";

const regexps = (description: string) =>
  ({
    type: "array",
    items: { type: "string", format: "regexp" },
    description,
  }) as const satisfies JSONSchema;

const rules = (section: string) =>
  ({
    type: "object",
    additionalProperties: false,
    description: `Rules for the records of the ${section} section. Expressions (RE2, unanchored) are applied to the text of a record: name, TTL, class, type and data, separated by tabs.`,
    properties: {
      fail_if_matches_regexp: regexps("Fail if any expression matches any record."),
      fail_if_all_match_regexp: regexps(
        "Fail unless every expression matches every record: the opposite of its name, as in blackbox_exporter.",
      ),
      fail_if_not_matches_regexp: regexps(
        "Fail if any expression does not match any one of the records, and if there is no record.",
      ),
      fail_if_none_matches_regexp: regexps(
        "Fail if no expression matches any record, and if there is no record.",
      ),
    },
  }) as const satisfies JSONSchema;

/** Schema of `modules.<name>.dns`: blackbox_exporter's options and `allowed_targets`. */
export const dnsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    query_name: {
      type: "string",
      minLength: 1,
      description:
        "Name to ask for; required, except that a module without any option asks for the root. A dot at its end may be left out.",
    },
    query_type: {
      type: "string",
      description: "Type of the records to ask for, such as A, AAAA, MX or SOA, in upper case; default ANY.",
    },
    query_class: {
      type: "string",
      description: "Class of the question: IN, CH, HS, CS, NONE or ANY; default IN.",
    },
    recursion_desired: {
      type: "boolean",
      description: "Ask the server to resolve the name at other servers; default true.",
    },
    transport_protocol: {
      enum: ["udp", "tcp", ""],
      description:
        "Protocol of the query; default udp. A query over UDP is repeated until an answer comes, and asked over TCP if the answer is truncated and its records matter.",
    },
    dns_over_tls: {
      type: "boolean",
      description:
        "Ask over TLS, which needs transport_protocol tcp; default false. The port is then 853 by default.",
    },
    tls_config: tlsConfigSchema,
    source_ip_address: { type: "string", description: "Address of this machine to send the query from." },
    ...ipPreferenceProperties,
    valid_rcodes: {
      type: "array",
      items: { type: "string" },
      description: "Accepted response codes by name, such as NOERROR and NXDOMAIN; default NOERROR.",
    },
    validate_answer_rrs: rules("answer"),
    validate_authority_rrs: rules("authority"),
    validate_additional_rrs: rules("additional"),
    allowed_targets: allowedTargetsSchema,
  },
} as const satisfies JSONSchema;

/** The options of a `dns` module. */
export type DnsOptions = FromSchema<typeof dnsSchema, { keepDefaultedPropertiesOptional: true }>;
