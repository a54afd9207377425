import got, { type OptionsOfTextResponseBody, RequestError } from "got";
import { createValidator } from "../config/document/validate.ts";
import { defined } from "../core/defined.ts";
import { visible } from "../core/escape.ts";
import { redactAddress } from "../core/secret.ts";
import { truncate } from "../core/truncate.ts";
import { toMilliseconds } from "../core/units.ts";
import { USER_AGENT } from "../core/user-agent.ts";
import type { RemoteFlags } from "./remote-flags.ts";
import { CommandError, readTextFile } from "./shell.ts";

/** An HTTP API that answers in JSON. */
export interface Remote {
  /** Its address, without a password. */
  readonly name: string;
  /**
   * Sends a request and validates the answer. Rejects with a CommandError if the API cannot be reached, returns an error,
   * or its answer does not match `schema`.
   * @param form sent as the body of a POST; without it the request is a GET
   */
  ask(path: string, schema: object, form?: Readonly<Record<string, string>>): Promise<unknown>;
}

/** Longest excerpt of an error page shown, in characters. */
const LONGEST_EXCERPT = 300;

/**
 * Creates a client for the API at `base`.
 * @throws CommandError if a file that the flags name cannot be read
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
      const route = `${name}/${path.replace(/\?.*/, "")}`;
      const response = form === undefined ? got.get(url, options) : got.post(url, { ...options, form });
      const { statusCode, body } = await response.catch((error: unknown) => {
        throw unreachable(route, error);
      });
      const value = parseJson(body);
      if (statusCode !== 200) throw new CommandError(`${route}: ${statusText(statusCode, value, body)}`);
      const [problem] = validator.check(schema, value);
      if (problem === undefined) return value;
      const at = problem.path.join(".");
      throw new CommandError(
        `${route}: got an unexpected answer${at === "" ? "" : ` at ${at}`}, want ${problem.want}`,
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
      "user-agent": USER_AGENT,
      ...(bearerTokenFile === undefined ? {} : { authorization: `Bearer ${secretIn(bearerTokenFile)}` }),
    },
    https: {
      ...(caFile === undefined ? {} : { certificateAuthority: readTextFile(caFile) }),
      ...(certFile === undefined ? {} : { certificate: readTextFile(certFile) }),
      ...(keyFile === undefined ? {} : { key: readTextFile(keyFile) }),
    },
    timeout: { request: toMilliseconds(timeout) },
    // A redirect must not carry the password to another host.
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
  };
}

const secretIn = (file: string): string => readTextFile(file).trim();

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function statusText(status: number, value: unknown, body: string): string {
  const error = typeof value === "object" && value !== null && "error" in value ? value.error : undefined;
  const message = visible(truncate((typeof error === "string" ? error : body).trim(), LONGEST_EXCERPT));
  const hint =
    status === 401 || status === 403
      ? ", want valid credentials: --http.username and --http.password-file, or --http.bearer-token-file"
      : "";
  return `got status ${status}${message === "" ? "" : ` (${message})`}${hint}`;
}

function unreachable(route: string, error: unknown): CommandError {
  const message = error instanceof RequestError ? `${error.code}: ${error.message}` : String(error);
  return new CommandError(`${route}: cannot be reached: ${visible(message)}`, "failed", { cause: error });
}
