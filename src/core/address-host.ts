/**
 * Returns the host in an address, in lower case, for grouping what shares a machine; `""` for one without, such as a path. It
 * has no password, port or path, so that as many hosts are possible as the configuration names.
 */
export function hostOf(address: string): string {
  if (address.includes("://")) return URL.canParse(address) ? hostOfUrl(address) : "";
  if (/^(?:\[[^\]]+\]|[^/\s:@]+):\d+$/.test(address)) return hostOfUrl(`http://${address}`);
  return /^[^/\s:@]+\.[^/\s:@]+$/.test(address) ? address.toLowerCase() : "";
}

const hostOfUrl = (url: string): string =>
  URL.canParse(url) ? new URL(url).hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1") : "";
