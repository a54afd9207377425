import { type Command, InvalidArgumentError, Option } from "commander";
import { LISTEN_ADDRESS_FORM, type ListenAddress, parseListenAddress } from "../listening/address.ts";
import { externalUrl } from "./external-url.ts";
import { collecting, withSwitch } from "./single-flags.ts";

/** Adds the flags of the web server. */
export function withWebFlags(command: Command): Command {
  command.option(
    "--web.listen-address <address>",
    `address to listen on: ${LISTEN_ADDRESS_FORM}; may be repeated (default: ":8091")`,
    collecting(listenAddress),
  );
  return withSwitch(
    command,
    "web.systemd-socket",
    "listen on the sockets that systemd passes, instead of addresses",
  )
    .option(
      "--web.config.file <file>",
      "file with TLS and basic authentication, in exporter-toolkit's format",
    )
    .option(
      "--web.external-url <url>",
      "URL under which Prometheus and users reach the exporter",
      externalUrl,
    )
    .option(
      "--web.route-prefix <path>",
      "path prefix of all routes (default: the path of --web.external-url)",
      routePrefix,
    )
    .addOption(
      new Option(
        "--web.page <on|off>",
        "show people the status page at /, and the pages of the configuration; off shows a list of links",
      )
        .choices(["on", "off"])
        .default("on"),
    )
    .addOption(
      new Option(
        "--web.enable-probe-any <true|false>",
        "whether /probe takes addresses that are no configured target; false is for ports that strangers reach",
      )
        .choices(["true", "false"])
        .default("true"),
    );
}

function listenAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined) throw new InvalidArgumentError(`got "${text}", want ${LISTEN_ADDRESS_FORM}`);
  return address;
}

function routePrefix(text: string): string {
  if (/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(text)) return text.replace(/\/+$/, "");
  throw new InvalidArgumentError(`got "${text}", want a path such as /heartbeat`);
}
