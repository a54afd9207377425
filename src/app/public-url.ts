import { hostname } from "node:os";
import type { Flags } from "../cli/flags.ts";
import { isAnyAddress, localUrl } from "../listening/address.ts";
import type { Listener } from "../listening/listeners.ts";

/**
 * Returns the URL for links in alerts: the external one, else one with the first TCP address that the exporter listens on, or the
 * name of its host if it listens on all. With unix sockets alone it is the name of the host, behind whose proxy the exporter is.
 */
export function publicUrl(
  { externalUrl, routePrefix }: Pick<Flags, "externalUrl" | "routePrefix">,
  listeners: readonly Listener[],
  scheme: "http" | "https",
): string {
  // Links are seen by people who must not see a password.
  if (externalUrl !== undefined) return `${externalUrl.origin}${externalUrl.pathname}`.replace(/\/+$/, "");
  const address = listeners.find(({ tcp }) => tcp !== undefined)?.tcp;
  if (address === undefined) return `${scheme}://${hostname()}${routePrefix}`;
  const { host = "::", port } = address;
  return `${localUrl({ host: isAnyAddress(host) ? hostname() : host, port }, scheme)}${routePrefix}`;
}
