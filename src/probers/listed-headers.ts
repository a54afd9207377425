import type { FromSchema } from "json-schema-to-ts";
import { type FileError, fileError } from "../core/file-errors.ts";
import { type CompileContext, type Failure, failed } from "../core/prober.ts";
import type { Secret } from "../core/secret.ts";
import { describeError } from "./errors.ts";
import { isHeaderName, isHeaderValue } from "./header-fields.ts";
import type { httpHeadersSchema } from "./http-client-schema.ts";
import { canonicalName, headerBytes } from "./http-headers.ts";

/** One header of a request. */
export interface ListedHeader {
  /** The name as Go sends it. */
  readonly name: string;
  /** The value with one character per byte. */
  readonly value: string;
  /** True if the value is a secret. */
  readonly secret: boolean;
}

/** Headers that are configured with values, secrets and files. */
export interface ListedHeaders {
  readonly fixed: readonly ListedHeader[];
  /** Reads the headers whose values are in files; undefined without such headers. */
  readonly fromFiles: (() => Promise<readonly ListedHeader[] | Failure<FileError["reason"]>>) | undefined;
}

/** Compiles headers at `path`, and reports those that cannot be sent. */
export function compileListedHeaders(
  headers: FromSchema<typeof httpHeadersSchema>,
  context: CompileContext,
  path: readonly string[],
): ListedHeaders {
  const fixed: ListedHeader[] = [];
  const files: { readonly name: string; readonly secret: Secret }[] = [];
  for (const [key, { values = [], secrets = [], files: ownFiles = [] }] of Object.entries(headers)) {
    const name = canonicalName(key);
    for (const [kind, list] of [
      ["values", values],
      ["secrets", secrets],
    ] as const) {
      for (const [i, value] of list.entries()) {
        if (!isSendable(name, value, [...path, key, kind, i], context)) continue;
        fixed.push({ name, value: headerBytes(value), secret: kind === "secrets" });
      }
    }
    for (const [i, file] of ownFiles.entries())
      files.push({ name, secret: context.secretFile(file, [...path, key, "files", i]) });
  }
  return { fixed, fromFiles: files.length === 0 ? undefined : () => readHeaders(files, path) };
}

async function readHeaders(
  files: readonly { readonly name: string; readonly secret: Secret }[],
  path: readonly string[],
): Promise<readonly ListedHeader[] | Failure<FileError["reason"]>> {
  try {
    return await Promise.all(
      files.map(async ({ name, secret }) => ({
        name,
        value: headerBytes((await secret.reveal()).trim()),
        secret: true,
      })),
    );
  } catch (error) {
    return failed(
      fileError(error).reason,
      `cannot read a file of ${path.join(".")}: ${describeError(error)}`,
    );
  }
}

/** Reports a header that cannot be sent. The message does not repeat the value, because it may be a secret. */
export function isSendable(
  name: string,
  value: string,
  path: readonly (string | number)[],
  context: CompileContext,
): boolean {
  if (!isHeaderName(name)) {
    context.problem(path, `the header name ${JSON.stringify(name)}`, "a name of letters, digits and hyphens");
    return false;
  }
  if (!isHeaderValue(headerBytes(value))) {
    context.problem(path, "a value with control characters", "a value without line breaks");
    return false;
  }
  return true;
}
