import { type Command, InvalidArgumentError } from "commander";
import { defined } from "../core/defined.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { duration } from "./probe.ts";

/** How to reach an exporter or a Prometheus. Secrets stand in files: what stands on a command line everybody can read. */
export interface RemoteFlags {
  readonly username?: string;
  readonly passwordFile?: string;
  readonly bearerTokenFile?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly timeout: Seconds;
}

/** Adds the flags of requests to other programs. */
export const withRemoteFlags = (command: Command): Command =>
  command
    .option("--http.username <name>", "user of basic authentication")
    .option("--http.password-file <file>", "file with the password of basic authentication")
    .option("--http.bearer-token-file <file>", "file with a bearer token")
    .option("--http.ca-file <file>", "certificates to trust, in PEM, instead of the system's")
    .option("--http.cert-file <file>", "client certificate, in PEM")
    .option("--http.key-file <file>", "key of the client certificate, in PEM")
    .option("--http.timeout <duration>", "longest duration of a request", duration, seconds(30));

/** Reads them back. Contradictions end the process, as wrong flags do. */
export function remoteFlags(command: Command): RemoteFlags {
  const given = command.opts<{
    "http.username"?: string;
    "http.passwordFile"?: string;
    "http.bearerTokenFile"?: string;
    "http.caFile"?: string;
    "http.certFile"?: string;
    "http.keyFile"?: string;
    "http.timeout": Seconds;
  }>();
  const {
    "http.username": username,
    "http.passwordFile": passwordFile,
    "http.bearerTokenFile": bearerTokenFile,
    "http.caFile": caFile,
    "http.certFile": certFile,
    "http.keyFile": keyFile,
  } = given;
  if ((username === undefined) !== (passwordFile === undefined))
    return command.error("error: --http.username and --http.password-file: want both or none");
  if (username !== undefined && bearerTokenFile !== undefined)
    return command.error("error: --http.username and --http.bearer-token-file: want at most one of them");
  if ((certFile === undefined) !== (keyFile === undefined))
    return command.error("error: --http.cert-file and --http.key-file: want both or none");
  return {
    ...defined({ username, passwordFile, bearerTokenFile, caFile, certFile, keyFile }),
    timeout: given["http.timeout"],
  };
}

/** @throws InvalidArgumentError, which commander words */
export function remoteUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new InvalidArgumentError("want an URL such as http://127.0.0.1:8091");
}
