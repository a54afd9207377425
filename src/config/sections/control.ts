import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { Secret } from "../../core/secret.ts";
import { type BuildContext, secretFile } from "../context.ts";
import { sectionOf } from "./entries.ts";
import { word } from "./schema-words.ts";

/** Who may reload without the control token: programs on this machine, or none. */
const RELOAD_ACCESS = ["loopback", "token"] as const;
/** One of `RELOAD_ACCESS`. */
export type ReloadAccess = (typeof RELOAD_ACCESS)[number];

/** The section `control`. */
export const controlSchema = {
  type: "object",
  description: "Access to the routes that change something.",
  properties: {
    token_file: {
      ...word,
      description: "File with the bearer token of the control routes. Without it they are disabled.",
    },
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
  const { token_file: file, reload } = sectionOf("control", controlSchema, context);
  const token = file === undefined ? undefined : secretFile(file, ["control", "token_file"], context);
  return { reload, ...defined({ token }) };
}
