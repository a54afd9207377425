import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { Registration } from "../../core/push-heartbeat.ts";
import type { Seconds } from "../../core/units.ts";
import { type BuildContext, durationOf, isLeftEmpty } from "../context.ts";
import { withDefaults } from "../document/defaults.ts";
import { childOf } from "../document/tree.ts";
import { buildTiming, heartbeatProperties } from "./heartbeat-options.ts";
import { bool, positiveDuration, word } from "./schema-words.ts";
import { optionalSecret } from "./secret-options.ts";

/** The section `heartbeat_registration`. */
export const registrationSchema = {
  type: "object",
  description: "Registers unknown heartbeats on their first ping.",
  properties: {
    token: {
      ...word,
      writeOnly: true,
      description: "Token for pings of registered heartbeats, and of configured heartbeats without a token.",
    },
    token_file: { ...word, description: "File with the token; read again when it changes." },
    open: {
      ...bool,
      default: false,
      description: "Accept pings without a token; required if there is none.",
    },
    max: {
      type: "integer",
      minimum: 1,
      maximum: 100_000,
      default: 1000,
      description: "Maximum number of registered heartbeats.",
    },
    expire_after: {
      ...positiveDuration,
      default: "7d",
      description: "A registered heartbeat without a ping for this long is removed; the removal is logged.",
    },
    ...heartbeatProperties,
    name_pattern: {
      ...word,
      default: "*",
      description: "Names that may register; `*` stands for any text, and case does not matter.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** Builds the registration; `undefined` without the section or if it has problems. */
export function buildRegistration(defaultTimeout: Seconds, context: BuildContext): Registration | undefined {
  const { problems, raw: file } = context;
  const path = ["heartbeat_registration"];
  const value = childOf(file, "heartbeat_registration");
  if (isLeftEmpty(path, context)) {
    problems.warn(path, "is empty, so nothing can register; write { token_file: FILE }");
  }
  if (value === undefined || problems.isBroken(path)) return undefined;
  const raw = withDefaults(registrationSchema, value);
  const token = optionalSecret(raw, "token", path, context);
  if (token === undefined && raw.open) {
    problems.warn(path, "is open: anyone who can reach the exporter can register heartbeats");
  } else if (token === undefined) {
    const want = "token_file, or open: true to accept pings without a token";
    problems.add({ path, got: "no token", want });
  } else if (raw.open) {
    problems.add({ path: [...path, "open"], want: "false, because there is a token" });
  }
  return {
    max: raw.max,
    expireAfter: durationOf(raw.expire_after),
    kind: raw.kind,
    ...buildTiming(raw, path, defaultTimeout, context),
    namePattern: raw.name_pattern,
    ...defined({ token }),
  };
}
