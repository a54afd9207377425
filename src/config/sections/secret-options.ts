import { knownSecret, Secret } from "../../core/secret.ts";
import { type BuildContext, isLeftEmpty, secretFile } from "../context.ts";
import type { Path } from "../document/tree.ts";

/** A map with a secret under `Key`, or the name of a file that holds it under `Key_file`. */
type SecretOptions<Key extends string> = Readonly<Partial<Record<Key | `${Key}_file`, string | undefined>>>;

/** Stands in for a secret that was reported as a problem; never used. */
export const NO_SECRET = new Secret(() => Promise.reject(new Error("no secret")));

/**
 * Returns the secret under `key` or in the file under `key_file`, if there is one. Both are a problem of the latter. A key
 * that was left empty is a problem too: without its secret, access would be open.
 */
export function optionalSecret<Key extends string>(
  raw: SecretOptions<Key>,
  key: Key,
  path: Path,
  context: BuildContext,
): Secret | undefined {
  const fileKey = `${key}_file` as const;
  if (raw[key] !== undefined && raw[fileKey] !== undefined) {
    const got = `${key} and ${fileKey}`;
    context.problems.add({ path: [...path, fileKey], got, want: "only one of them" });
  }
  for (const [empty, want] of [
    [key, "a secret"],
    [fileKey, "the name of a file with a secret"],
  ] as const) {
    const here = [...path, empty];
    if (isLeftEmpty(here, context)) context.problems.add({ path: here, want: `${want}, or no ${empty}` });
  }
  return readSecret(raw, key, path, context);
}

/** Returns the secret under `key` or in the file under `key_file`; none or both is a problem of the map at `path`. */
export function requiredSecret<Key extends string>(
  raw: SecretOptions<Key>,
  key: Key,
  path: Path,
  context: BuildContext,
): Secret {
  const fileKey = `${key}_file` as const;
  if (raw[key] !== undefined && raw[fileKey] !== undefined) {
    context.problems.add({ path, got: `${key} and ${fileKey}`, want: "only one of them" });
  }
  const secret = readSecret(raw, key, path, context);
  if (secret !== undefined) return secret;
  context.problems.add({ path, got: `neither ${key} nor ${fileKey}`, want: "one of them" });
  return NO_SECRET;
}

function readSecret<Key extends string>(
  raw: SecretOptions<Key>,
  key: Key,
  path: Path,
  context: BuildContext,
): Secret | undefined {
  const value = raw[key];
  if (value !== undefined) return knownSecret(value);
  const file = raw[`${key}_file`];
  return file === undefined ? undefined : secretFile(file, [...path, `${key}_file`], context);
}
