import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { BuildContext } from "../context.ts";
import { sectionOf } from "./entries.ts";
import { bool } from "./schema-words.ts";

/** The section `web`. */
export const webSectionSchema = {
  type: "object",
  description:
    "The names that the exporter answers under, and the addresses that `/probe` takes. TLS and passwords are in the file of `--web.config.file`.",
  properties: {
    allowed_hosts: {
      type: "array",
      items: { type: "string", format: "host_pattern" },
      minItems: 1,
      uniqueItems: true,
      description:
        'Names under which the exporter answers, such as `status.example.com` or `*.example.com`, against DNS rebinding; IP addresses, `localhost` and the names of `--web.external-url` and of `lease.advertise_url` are always allowed, and `"*"` allows every name. Default: every name, except that requests of browsers over plain HTTP need one that cannot be registered publicly.',
    },
    enable_probe_any: {
      ...bool,
      default: true,
      description:
        "Whether `/probe` takes addresses that are no configured target. `--web.enable-probe-any=false` turns that off, too.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** Access to the exporter: the names that it answers under, and the addresses that `/probe` takes. */
export interface WebSection {
  /** Patterns of host names in lower case; absent for the default. */
  readonly allowedHosts?: readonly string[];
  /** False if `/probe` takes configured targets only. */
  readonly probesAny: boolean;
}

/** Builds the section. */
export function buildWeb(context: BuildContext): WebSection {
  const { allowed_hosts, enable_probe_any: probesAny } = sectionOf("web", webSectionSchema, context);
  return { probesAny, ...defined({ allowedHosts: allowed_hosts?.map((host) => host.toLowerCase()) }) };
}
