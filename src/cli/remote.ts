import got, { type OptionsOfTextResponseBody, RequestError } from "got";
import { createValidator } from "../config/document/validate.ts";
import { defined } from "../core/defined.ts";
import { visible } from "../core/escape.ts";
import { redactAddress } from "../core/secret.ts";
import { toMilliseconds } from "../core/units.ts";
import type { RemoteFlags } from "./remote-flags.ts";
import { CommandError, readTextFile } from "./shell.ts";

/** Another program that answers in JSON. */
export interface Remote {
  /** Its address as it may be shown. */
  readonly name: string;
  /**
   * Asks and holds the answer against a schema. Rejects with a CommandError that says what stands in the way.
   * @param form sent as the body of a POST; a GET without it
   */
  ask(path: string, schema: object, form?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** What an error page may say of itself. */
const LONGEST_EXCERPT = 300;

/**
 * @throws CommandError when a file that the flags name cannot be read
 */
export function createRemote(base: URL, flags: RemoteFlags): Remote {
  const name = redactAddress(base.href.replace(/\/$/, ""));
  const options = optionsOf(flags);
  const validator = createValidator({});
  return {
    name,
    async ask(path, schema, form) {
      const url = new URL(`${base.pathname.replace(/\/$/, "")}/${path}`, base);
      url.username = base.username;
      url.password = base.password;
      const where = `${name}/${path.replace(/\?.*/, "")}`;
      const asked = form === undefined ? got.get(url, options) : got.post(url, { ...options, form });
      const { statusCode, body } = await asked.catch((error: unknown) => {
        throw unreachable(where, error);
      });
      const value = parsed(body);
      if (statusCode !== 200) throw new CommandError(`${where}: ${refusal(statusCode, value, body)}`);
      const [complaint] = validator.check(schema, value);
      if (complaint === undefined) return value;
      const at = complaint.path.join(".");
      throw new CommandError(
        `${where}: got an unexpected answer${at === "" ? "" : ` at ${at}`}, want ${complaint.want}`,
      );
    },
  };
}

function optionsOf(flags: RemoteFlags): OptionsOfTextResponseBody {
  const { username, passwordFile, bearerTokenFile, caFile, certFile, keyFile, timeout } = flags;
  return {
    ...defined({ username }),
    ...(passwordFile === undefined ? {} : { password: secretIn(passwordFile) }),
    headers: {
      accept: "application/json",
      "user-agent": "heartbeat-exporter",
      ...(bearerTokenFile === undefined ? {} : { authorization: `Bearer ${secretIn(bearerTokenFile)}` }),
    },
    https: {
      ...(caFile === undefined ? {} : { certificateAuthority: readTextFile(caFile) }),
      ...(certFile === undefined ? {} : { certificate: readTextFile(certFile) }),
      ...(keyFile === undefined ? {} : { key: readTextFile(keyFile) }),
    },
    timeout: { request: toMilliseconds(timeout) },
    // A password must not follow to another host.
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
  };
}

const secretIn = (file: string): string => readTextFile(file).trim();

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function refusal(status: number, value: unknown, body: string): string {
  const error = typeof value === "object" && value !== null && "error" in value ? value.error : undefined;
  const said = visible((typeof error === "string" ? error : body).trim().slice(0, LONGEST_EXCERPT));
  const hint =
    status === 401 || status === 403
      ? ", want --http.username or --http.bearer-token-file that it knows"
      : "";
  return `got status ${status}${said === "" ? "" : ` (${said})`}${hint}`;
}

function unreachable(where: string, error: unknown): CommandError {
  const known = error instanceof RequestError ? `${error.code}: ${error.message}` : String(error);
  return new CommandError(`${where}: cannot be reached: ${visible(known)}`, "failed", { cause: error });
}
