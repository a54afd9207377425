import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import type { Secret } from "../../core/secret.ts";
import { type BuildContext, secretFile } from "../context.ts";
import { sectionOf } from "./entries.ts";
import { word } from "./schema-words.ts";

/** The section `control`. */
export const controlSchema = {
  type: "object",
  description: "Access to the routes that change something.",
  properties: {
    token_file: {
      ...word,
      description: "File with the bearer token of the control routes. Without it they are disabled.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** Access to control routes; they are disabled without a token. */
export interface Control {
  readonly token?: Secret;
}

/** Builds the access to control routes. */
export function buildControl(context: BuildContext): Control {
  const { token_file: file } = sectionOf("control", controlSchema, context);
  const token = file === undefined ? undefined : secretFile(file, ["control", "token_file"], context);
  return defined({ token });
}
