import { readFile } from "node:fs/promises";
import type { ProbeTarget } from "../../core/prober.ts";
import { describeError } from "../errors.ts";
import type { Hop, Payload } from "./hop.ts";
import type { HttpModule } from "./options.ts";
import { authorityOfIp } from "./redirects.ts";
import type { RequestHeader } from "./request-headers.ts";
import { type Address, parseAddress } from "./transport/address.ts";
import { userAuthorization } from "./transport/auth.ts";
import { readTrust } from "./transport/route.ts";
import { type Failure, failure, type Guard } from "./transport/steps.ts";
import type { Trace } from "./transport/trace.ts";

/** Everything that a probe needs before it opens a connection. */
export interface PreparedRequest {
  readonly ok: true;
  readonly first: Hop;
  /** Name to ask for and look for at the target itself. */
  readonly serverName: string;
  readonly headers: readonly RequestHeader[];
  /** Value of the Authorization header for the target itself. */
  readonly authorization: string | undefined;
}

/** Takes the target apart, chooses its address and reads the files that belong to the request. */
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
  // From here on blackbox_exporter has a request, if only one that it cannot complete.
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

/** Whether `?hostname=` says something else than the Host header of the module. */
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
        return { content: await readFile(body.path), streamed: true };
      } catch (error) {
        return failure("file_missing", `cannot read body_file: ${describeError(error)}`);
      }
  }
}

async function readHeaders({ headers }: HttpModule): Promise<readonly RequestHeader[] | Failure> {
  if (headers.fromFiles === undefined) return headers.fixed;
  const read = await headers.fromFiles();
  return "ok" in read ? read : [...headers.fixed, ...read];
}

/** As in Go, a header set by hand comes before the credentials in the address, and those before the module's. */
async function authorize(
  { userinfo }: Address,
  headers: readonly RequestHeader[],
  { credentials }: HttpModule,
  guard: Guard,
): Promise<string | Failure | undefined> {
  if (headers.some(({ name }) => name === "Authorization")) return undefined;
  if (userinfo !== undefined) return userAuthorization(userinfo);
  if (credentials === undefined) return undefined;
  const got = await credentials.value(guard);
  return got.ok ? got.value : got;
}

const withoutPort = (host: string): string => host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
