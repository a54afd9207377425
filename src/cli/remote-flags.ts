import { type Command, Option } from "commander";
import { defined } from "../core/defined.ts";
import { type Seconds, seconds } from "../core/units.ts";
import { durationValue } from "./flag-values.ts";

/** Settings of HTTP requests to an exporter or a Prometheus. Secrets come from files, because all users of a machine can read its command lines. */
export interface RemoteFlags {
  readonly username?: string;
  readonly passwordFile?: string;
  readonly bearerTokenFile?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly timeout: Seconds;
}

/** Adds the flags of HTTP requests to an exporter or a Prometheus. */
export const withRemoteFlags = (command: Command): Command =>
  command
    .option("--http.username <name>", "user for basic authentication")
    .option("--http.password-file <file>", "file with the password for basic authentication")
    .option("--http.bearer-token-file <file>", "file with a bearer token")
    .option("--http.ca-file <file>", "PEM certificates to trust instead of the system's")
    .option("--http.cert-file <file>", "client certificate, in PEM")
    .option("--http.key-file <file>", "key of the client certificate, in PEM")
    .addOption(
      new Option("--http.timeout <duration>", "timeout of a request")
        .argParser(durationValue)
        .default(seconds(30), "30s"),
    );

/** Returns the values of the flags. Flags that contradict each other end the process, as wrong flags do. */
export function remoteFlags(command: Command): RemoteFlags {
  const options = command.opts<{
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
  } = options;
  if ((username === undefined) !== (passwordFile === undefined))
    return command.error("error: --http.username and --http.password-file: want both or neither");
  if (username !== undefined && bearerTokenFile !== undefined)
    return command.error("error: --http.username and --http.bearer-token-file: want at most one of them");
  if ((certFile === undefined) !== (keyFile === undefined))
    return command.error("error: --http.cert-file and --http.key-file: want both or neither");
  return {
    ...defined({ username, passwordFile, bearerTokenFile, caFile, certFile, keyFile }),
    timeout: options["http.timeout"],
  };
}
