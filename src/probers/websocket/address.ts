import { type Address, parseAddress } from "../http-address.ts";

/** Parses a target, a URL of `ws://` or `wss://`. Returns the error as a text if it is none. */
export function parseWebsocketAddress(target: string): Address | string {
  const found = /^ws(s?):\/\//i.exec(target);
  if (found === null) return "the address does not begin with ws:// or wss://";
  const address = parseAddress(`http${found[1]}://${target.slice(found[0].length)}`);
  if (typeof address === "string") return address;
  if (address.host === "") return "the address has no host";
  // As in other clients; the password would also be in logs of the scrape.
  if (address.userinfo !== undefined) return "the address has a user; use basic_auth of http_config";
  return address;
}
