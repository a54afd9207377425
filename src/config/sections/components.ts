import type { JSONSchema } from "json-schema-to-ts";
import type { Secret } from "../../core/secret.ts";
import { type BuildContext, secretFile } from "../context.ts";
import { childOf } from "../document/tree.ts";
import { sectionOf } from "./entries.ts";
import { word } from "./schema-words.ts";

/** The section `components`. */
export const componentsSchema = {
  type: "object",
  description: "Components, which report their own status to `/api/v1/components/NAME`.",
  properties: {
    token_file: {
      ...word,
      description:
        "File with the bearer token of components; read again when it changes. It opens no other route. Without it they need the control token, which is always accepted as well.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The token of components; without one they use the control token. */
export interface ComponentAccess {
  readonly token?: Secret;
}

/** Builds the access of components, and warns if their token opens the control routes too. */
export function buildComponents(context: BuildContext): ComponentAccess {
  const { token_file: file } = sectionOf("components", componentsSchema, context);
  if (file === undefined) return {};
  const path = ["components", "token_file"];
  if (childOf(childOf(context.raw, "control"), "token_file") === file) {
    context.problems.warn(path, "is also control.token_file, so that components can use every control route");
  }
  return { token: secretFile(file, path, context) };
}
