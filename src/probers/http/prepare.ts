import { fileError } from "../../core/file-errors.ts";
import type { ProbeTarget } from "../../core/prober.ts";
import { readSmall } from "../../files/files.ts";
import { describeError } from "../errors.ts";
import { type Address, parseAddress } from "../http-address.ts";
import { userAuthorization } from "../http-credentials.ts";
import { readTrust } from "../tls-connection.ts";
import type { Hop, Payload } from "./hop.ts";
import type { HttpModule } from "./options.ts";
import { authorityOfIp } from "./redirects.ts";
import type { RequestHeader } from "./request-headers.ts";
import { type Failure, failure, type Guard } from "./transport/steps.ts";
import type { Trace } from "./transport/trace.ts";

/** A request, ready to open its connection. */
export interface PreparedRequest {
  readonly ok: true;
  readonly first: Hop;
  /** Server name to send to the target and to verify. */
  readonly serverName: string;
  readonly headers: readonly RequestHeader[];
  /** Value of the Authorization header for the target. */
  readonly authorization: string | undefined;
}

/** Parses the target, chooses its address and reads the files of the request. */
export async function prepare(
  target: ProbeTarget,
  module: HttpModule,
  guard: Guard,
  trace: Trace,
): Promise<PreparedRequest | Failure> {
  const address = parseAddress(target.address);
  if (typeof address === "string") return failure("bad_request", address);
  if (target.hostname !== undefined && conflictingHostname(module, target.hostname)) {
    return failure("bad_request", `hostname ${target.hostname} conflicts with the Host header of the module`);
  }
  const { configured } = target;
  const ip = module.skipResolve ? undefined : await chooseAddress(address, module, guard, trace);
  if (typeof ip === "object") return ip;

  if (address.tls || module.tls.custom) {
    const trust = await readTrust(module.tls);
    if (!trust.ok) return trust;
  }
  const payload = await readPayload(module);
  if (payload !== undefined && "ok" in payload) return payload;
  // blackbox_exporter has a request from here on, even if it cannot complete it.
  trace.attempted = true;
  const headers = await readHeaders(module);
  if ("ok" in headers) return headers;
  const authorization = await authorize(address, headers, module, guard);
  if (authorization !== undefined && typeof authorization !== "string") return authorization;

  const ownHost = target.hostname || module.headers.host || undefined;
  return {
    ok: true,
    serverName: module.tls.serverName ?? (ownHost === undefined ? address.host : withoutPort(ownHost)),
    headers,
    authorization,
    first: {
      address,
      ip,
      authority: ip === undefined ? address.authority : authorityOfIp(ip, address.authority),
      host: ownHost ?? address.authority,
      foreignHost: !configured && Boolean(target.hostname),
      own: true,
      atTarget: true,
      trusted: configured,
      bodyDropped: false,
      method: module.method,
      payload,
      referer: undefined,
    },
  };
}

/** Returns true if `?hostname=` contradicts the Host header of the module. */
export const conflictingHostname = (module: HttpModule, hostname: string): boolean =>
  module.headers.host !== undefined && module.headers.host !== hostname;

async function chooseAddress(
  { host, port }: Address,
  { ip: preference }: HttpModule,
  { network }: Guard,
  trace: Trace,
): Promise<string | Failure> {
  const to = { host, port };
  const refused = network.check(to);
  if (refused !== undefined) return refused;
  const resolved = await network.resolve(to, preference);
  trace.resolution = resolved.resolution;
  trace.resolve = resolved.resolution.seconds;
  return resolved.ok ? resolved.addresses[0] : failure(resolved.reason, resolved.detail);
}

async function readPayload({ body }: HttpModule): Promise<Payload | Failure | undefined> {
  switch (body.kind) {
    case "none":
      return undefined;
    case "text":
      return { content: body.content, streamed: false };
    case "file":
      try {
        return { content: await readSmall(body.path), streamed: true };
      } catch (error) {
        return failure(fileError(error).reason, `cannot read body_file: ${describeError(error)}`);
      }
  }
}

async function readHeaders({ headers }: HttpModule): Promise<readonly RequestHeader[] | Failure> {
  if (headers.fromFiles === undefined) return headers.fixed;
  const read = await headers.fromFiles();
  return "ok" in read ? read : [...headers.fixed, ...read];
}

/** Returns the Authorization header. As in Go, a configured header wins over userinfo in the address, and that over the module. */
async function authorize(
  { userinfo }: Address,
  headers: readonly RequestHeader[],
  { credentials }: HttpModule,
  guard: Guard,
): Promise<string | Failure | undefined> {
  if (headers.some(({ name }) => name === "Authorization")) return undefined;
  if (userinfo !== undefined) return userAuthorization(userinfo);
  if (credentials === undefined) return undefined;
  const header = await credentials.value(guard);
  return header.ok ? header.value : header;
}

const withoutPort = (host: string): string => host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
