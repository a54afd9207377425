import type { JSONSchema } from "json-schema-to-ts";
import type { Secret } from "../../../core/secret.ts";
import type { BuildContext } from "../../context.ts";
import { type WithDefaults, withDefaults } from "../../document/defaults.ts";
import type { Path } from "../../document/tree.ts";
import { checkUrl } from "../http-auth.ts";
import { word } from "../schema-words.ts";
import { optionalSecret, requiredSecret } from "../secret-options.ts";

/** The options of one preset: their schema, and what is built from them. */
export interface PresetSection<Options> {
  readonly schema: JSONSchema & { readonly properties: Readonly<Record<string, unknown>> };
  /** Builds the options from a map that the schema has accepted, and reports contradictions. */
  readonly build: (value: unknown, path: Path, context: BuildContext) => Options;
}

/** Makes a section whose builder gets its options with their defaults. */
export const definePreset = <
  const Schema extends JSONSchema & { readonly properties: Readonly<Record<string, unknown>> },
  Options,
>({
  schema,
  build,
}: {
  readonly schema: Schema;
  readonly build: (raw: WithDefaults<Schema>, path: Path, context: BuildContext) => Options;
}) => ({
  schema,
  build: (value: unknown, path: Path, context: BuildContext): Options =>
    build(withDefaults(schema, value), path, context),
});

/** An address that may contain a token, or the file with it. */
export const urlProperties = (what: string) =>
  ({
    url: { ...word, writeOnly: true, description: `${what}; never shown, because it may contain a token.` },
    url_file: { ...word, description: "File with the address; read again when it changes." },
  }) as const;

/** A token, or the file with it. */
export const tokenProperties = (what: string) =>
  ({
    token: { ...word, writeOnly: true, description: `${what}.` },
    token_file: { ...word, description: "File with the token; read again when it changes." },
  }) as const;

/** A user with a password. */
export const loginProperties = {
  username: { ...word, description: "User, with a password." },
  password: { ...word, writeOnly: true, description: "Password of the user." },
  password_file: { ...word, description: "File with the password; read again when it changes." },
} as const;

/** Returns the address in `url` or `url_file`, and reports one that is not HTTP. */
export function urlSecret(
  raw: { readonly url?: string | undefined; readonly url_file?: string | undefined },
  path: Path,
  context: BuildContext,
): Secret {
  if (raw.url !== undefined) checkUrl(raw.url, [...path, "url"], context);
  return requiredSecret(raw, "url", path, context);
}

/** Returns the user and password, if there are any; one without the other is a problem. */
export function loginOf(
  raw: {
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly password_file?: string | undefined;
  },
  path: Path,
  context: BuildContext,
): { readonly username: string; readonly password: Secret } | undefined {
  const password = optionalSecret(raw, "password", path, context);
  if (raw.username !== undefined && password !== undefined) return { username: raw.username, password };
  if (raw.username !== undefined || password !== undefined) {
    const got = raw.username === undefined ? "a password without username" : "username without a password";
    context.problems.add({ path, got, want: "both or neither" });
  }
  return undefined;
}
