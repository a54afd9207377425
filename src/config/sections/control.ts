import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { Secret } from "../../core/secret.ts";
import type { BuildContext } from "../context.ts";
import { sectionOf } from "./entries.ts";
import { word } from "./schema-words.ts";
import { optionalSecret } from "./secret-options.ts";

/** Who may reload without the control token: programs on this machine, or none. */
const RELOAD_ACCESS = ["loopback", "token"] as const;
/** One of `RELOAD_ACCESS`. */
export type ReloadAccess = (typeof RELOAD_ACCESS)[number];

/** The section `control`. */
export const controlSchema = {
  type: "object",
  description: "Access to the routes that change something.",
  properties: {
    token: {
      ...word,
      writeOnly: true,
      description: "Bearer token of the control routes. Without one they are disabled.",
    },
    token_file: { ...word, description: "File with that token; read again when it changes." },
    reload: {
      enum: RELOAD_ACCESS,
      default: "loopback",
      description:
        "Whether `POST /-/reload` needs the token: `loopback` lets programs on this machine reload without one, as config-reloader side-cars do; `token` does not.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** Access to control routes; they are disabled without a token. */
export interface Control {
  readonly token?: Secret;
  readonly reload: ReloadAccess;
}

/** Builds the access to control routes. */
export function buildControl(context: BuildContext): Control {
  const section = sectionOf("control", controlSchema, context);
  const { reload } = section;
  const token = optionalSecret(section, "token", ["control"], context);
  return { reload, ...defined({ token }) };
}
