import type { FromSchema } from "json-schema-to-ts";
import { type FileError, fileError } from "../core/file-errors.ts";
import { type CompileContext, type Failure, failed } from "../core/prober.ts";
import type { FailureReason } from "../core/reasons.ts";
import { knownSecret, Secret } from "../core/secret.ts";
import { describeError } from "./errors.ts";
import type { authProperties } from "./http-client-schema.ts";

/** The options of `authProperties`. */
export type AuthOptions = FromSchema<{
  type: "object";
  additionalProperties: false;
  properties: typeof authProperties;
}>;

type FileReason = FileError["reason"];

/** The credentials of a module. `Context` is what they need from a probe. */
export interface Credentials<Reason extends FailureReason = FileReason, Context = unknown> {
  /** Returns the value of the Authorization header for one probe. */
  value(context: Context): Promise<{ readonly ok: true; readonly value: string } | Failure<Reason>>;
  /** Discards a cached value, after the target rejected it. */
  rejected?(): void;
}

/** Reveals a secret. The failure names the option whose file cannot be read. */
export async function reveal(
  secret: Secret,
  option: string,
): Promise<{ ok: true; value: string } | Failure<FileReason>> {
  try {
    return { ok: true, value: await secret.reveal() };
  } catch (error) {
    return failed(fileError(error).reason, `cannot read ${option}: ${describeError(error)}`);
  }
}

/** Returns the header value of basic authentication; `pair` is `user:password`. */
export const basicAuthorization = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

/** Returns the header value for the userinfo of an address, with or without a password. */
export const userAuthorization = (userinfo: string): string =>
  basicAuthorization(userinfo.includes(":") ? userinfo : `${userinfo}:`);

/** Compiles `basic_auth`, `authorization` and the bearer tokens, which are at `path` of the options of the module. */
export function compileCredentials(
  options: AuthOptions,
  context: CompileContext,
  path: readonly string[] = [],
): Credentials | undefined {
  reportContradictions(options, context, path);
  if (options.basic_auth !== undefined) return basic(options.basic_auth, context, path);
  const { authorization } = options;
  if (authorization !== undefined) {
    const type = authorization.type?.trim() || "Bearer";
    const secret = secretOf(authorization.credentials, authorization.credentials_file, context, [
      ...path,
      "authorization",
      "credentials_file",
    ]);
    return token(type, secret ?? knownSecret(""), "authorization.credentials_file");
  }
  const bearer = secretOf(options.bearer_token, options.bearer_token_file, context, [
    ...path,
    "bearer_token_file",
  ]);
  return bearer && token("Bearer", bearer, "bearer_token_file");
}

function secretOf(
  inline: string | undefined,
  file: string | undefined,
  context: CompileContext,
  path: readonly string[],
): Secret | undefined {
  if (file) {
    const secret = context.secretFile(file, path);
    return new Secret(async () => (await secret.reveal()).trim());
  }
  return inline ? knownSecret(inline) : undefined;
}

function token(type: string, secret: Secret, option: string): Credentials {
  return {
    async value() {
      const revealed = await reveal(secret, option);
      return revealed.ok ? { ok: true, value: `${type} ${revealed.value}` } : revealed;
    },
  };
}

function basic(
  options: NonNullable<AuthOptions["basic_auth"]>,
  context: CompileContext,
  path: readonly string[],
): Credentials {
  const at = (option: string): readonly string[] => [...path, "basic_auth", option];
  const user = secretOf(options.username, options.username_file, context, at("username_file"));
  const password = secretOf(options.password, options.password_file, context, at("password_file"));
  return {
    async value() {
      const name = await reveal(user ?? knownSecret(""), "basic_auth.username_file");
      if (!name.ok) return name;
      const secret = await reveal(password ?? knownSecret(""), "basic_auth.password_file");
      return secret.ok ? { ok: true, value: basicAuthorization(`${name.value}:${secret.value}`) } : secret;
    },
  };
}

function reportContradictions(options: AuthOptions, context: CompileContext, at: readonly string[]): void {
  const { basic_auth, authorization } = options;
  const kinds = (
    ["basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"] as const
  ).filter((kind) => options[kind] !== undefined && options[kind] !== "");
  if (kinds.length > 1)
    context.problem([...at, String(kinds[1])], kinds.join(" and "), "at most one of them");
  const pairs = [
    [["basic_auth", "username_file"], basic_auth?.username, basic_auth?.username_file],
    [["basic_auth", "password_file"], basic_auth?.password, basic_auth?.password_file],
    [["authorization", "credentials_file"], authorization?.credentials, authorization?.credentials_file],
  ] as const;
  for (const [path, inline, file] of pairs) {
    if (inline && file) {
      context.problem(
        [...at, ...path],
        `${path[1].replace("_file", "")} and ${path[1]}`,
        "at most one of them",
      );
    }
  }
  if (authorization?.type?.trim().toLowerCase() === "basic") {
    context.problem([...at, "authorization", "type"], authorization.type, "another type, or basic_auth");
  }
}
