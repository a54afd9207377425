import type { Destination } from "../../core/network.ts";
import { type Failure, failed, type ProbeTarget } from "../../core/prober.ts";
import { USER_AGENT } from "../../core/user-agent.ts";
import { shownUrl } from "../http-address.ts";
import type { ConnectionGuard } from "../open-connection.ts";
import { readTrust, type TlsPlan } from "../tls-connection.ts";
import { parseWebsocketAddress } from "./address.ts";
import type { Handshake } from "./connection.ts";
import type { WebsocketModule } from "./options.ts";
import type { WebsocketReason } from "./reasons.ts";
import type { WebsocketTrace } from "./samples.ts";

/** A probe, ready to connect. */
export interface PreparedProbe {
  readonly ok: true;
  readonly destination: Destination;
  readonly securing: TlsPlan | undefined;
  readonly handshake: Handshake;
  /** Texts that no output may contain. */
  readonly secrets: readonly string[];
}

/** Parses the target, chooses its address and reads the files of the module. */
export async function prepare(
  target: ProbeTarget,
  module: WebsocketModule,
  guard: ConnectionGuard,
  trace: WebsocketTrace,
): Promise<PreparedProbe | Failure<WebsocketReason>> {
  const address = parseWebsocketAddress(target.address);
  if (typeof address === "string") return failed("bad_request", address);
  const { host, port } = address;
  const { network, log } = guard;
  const refused = network.check({ host, port });
  if (refused !== undefined) return refused;
  // As in blackbox_exporter, unusable files fail the probe even if it makes no use of them.
  const trust = address.tls || module.tls.custom ? await readTrust(module.tls) : undefined;
  if (trust?.ok === false) return trust;
  const resolved = await network.resolve({ host, port }, module.ip);
  trace.resolution = resolved.resolution;
  if (!resolved.ok) return failed(resolved.reason, resolved.detail);
  const { addresses, resolution } = resolved;
  log("resolved", { host, address: addresses[0], seconds: resolution.seconds });
  const headers = await headersOf(module);
  if (!headers.ok) return headers;
  log("requesting", {
    url: shownUrl(address).replace(/^http/, "ws"),
    host: headers.host ?? address.authority,
  });
  const securing =
    address.tls && trust !== undefined
      ? {
          trust: trust.options,
          verify: module.tls.verify,
          serverName: module.tls.serverName ?? host,
          protocols: [],
        }
      : undefined;
  return {
    ok: true,
    destination: { host, port, addresses },
    securing,
    secrets: headers.secrets,
    handshake: {
      path: address.path,
      host: headers.host ?? address.authority,
      headers: headers.sent,
      protocols: headers.protocols,
    },
  };
}

interface RequestHeaders {
  readonly ok: true;
  readonly sent: Readonly<Record<string, string[]>>;
  readonly host: string | undefined;
  readonly protocols: readonly string[];
  readonly secrets: readonly string[];
}

/** Returns the headers of the handshake. A configured header wins over the one that the module would send. */
async function headersOf({
  headers,
  credentials,
}: WebsocketModule): Promise<RequestHeaders | Failure<WebsocketReason>> {
  const read = await headers.fromFiles?.();
  if (read !== undefined && "ok" in read) return read;
  const listed = [...headers.fixed, ...(read ?? [])];
  const sent: Record<string, string[]> = {};
  for (const { name, value } of listed) (sent[name] ??= []).push(value);
  const secrets = listed.filter(({ secret }) => secret).map(({ value }) => value);
  if (credentials !== undefined && sent["Authorization"] === undefined) {
    const revealed = await credentials.value(undefined);
    if (!revealed.ok) return revealed;
    sent["Authorization"] = [revealed.value];
    secrets.push(revealed.value, revealed.value.replace(/^\S+ /, ""));
  }
  const { Host: host, "Sec-Websocket-Protocol": protocols = [], ...others } = sent;
  return {
    ok: true,
    sent: { "User-Agent": [USER_AGENT], ...others },
    host: host?.[0],
    protocols: protocols.flatMap((value) => value.split(",")).map((protocol) => protocol.trim()),
    secrets,
  };
}
