import type { Flags } from "../cli/flags.ts";
import type { Environment } from "../config/document/convert.ts";
import { ConfigError } from "../config/document/problems.ts";
import { listenAddressFromEnv } from "../config/env/env.ts";
import { DEFAULT_LISTEN_ADDRESS, type ListenAddress, parseListenAddress } from "../listening/address.ts";

/**
 * Returns the addresses of `--web.listen-address`, else that of `CONTEXT_API_HOST` and `CONTEXT_API_PORT`, or the default.
 * @throws ConfigError if the variables are invalid
 */
export function listenAddresses(
  { listenAddresses: given }: Pick<Flags, "listenAddresses">,
  env: Environment,
): readonly ListenAddress[] {
  return given.length > 0 ? given : [addressFromEnv(env)];
}

function addressFromEnv(env: Environment): ListenAddress {
  const text = listenAddressFromEnv(env);
  if (text === undefined) return DEFAULT_LISTEN_ADDRESS;
  const address = parseListenAddress(text);
  if (address !== undefined) return address;
  const problem = {
    place: "CONTEXT_API_HOST",
    path: "",
    got: JSON.stringify(env["CONTEXT_API_HOST"]),
    want: "a host name or an IP address",
  };
  throw new ConfigError([problem]);
}
