import type { ServerCredentials } from "@grpc/grpc-js";
import {
  type FrameServer,
  type HealthAnswer,
  type StartedFrameServer,
  serverCredentials,
  startFrameServer,
  startHealthServer,
} from "../../helpers/grpc-servers.ts";
import { CLOSED_PORT } from "../../helpers/http-targets.ts";
import { certificates } from "./certificates.ts";

const { root } = certificates;

/** Makes a message of exactly `size` bytes, above 2 MiB, that is serving: an unknown field fills it. */
function filled(size: number): Buffer {
  const length = size - 7;
  const bytes = [length & 127, (length >> 7) & 127, (length >> 14) & 127].map((part) => part | 128);
  return Buffer.concat([Buffer.from([8, 1, 0x1a, ...bytes, length >> 21]), Buffer.alloc(length)]);
}

/** Answers for a service: `status-N`, `code-N`, `size-N` (a message of N bytes), or that it is serving. */
function answerFor(service: string): HealthAnswer {
  const [, kind, number] = /^(status|code|size)-(-?\d+)$/.exec(service) ?? [];
  if (kind === "size") return filled(Number(number));
  if (kind === "status") return Number(number);
  return kind === "code" ? { code: Number(number), details: "dét ails 100%" } : 1;
}

const secure = {
  good: serverCredentials(certificates.good),
  expired: serverCredentials(certificates.expired),
  wrongHost: serverCredentials(certificates.wrongHost),
  noNames: serverCredentials(certificates.noNames),
  selfSigned: serverCredentials(certificates.selfSigned),
  chain: serverCredentials(certificates.chain),
  clientWanted: serverCredentials(certificates.good, root.cert),
} as const;

/** A server: one of gRPC, in plain text (`health`, `ipv6`) or over TLS, one without the health service (`bare`), or none. */
export type GrpcServerName = keyof typeof secure | "health" | "ipv6" | "bare" | "closed";

/** The servers of all cases. */
export interface GrpcPlace extends AsyncDisposable {
  /** Returns the port of a shared server, or of the server of a case, given by the name of the case. */
  readonly port: (name: string) => number;
  /** Lets the server of a case count connections and requests from 1 again. */
  readonly forget: (name: string) => void;
}

/**
 * Starts the servers.
 * @param own the servers of single cases, by the names of the cases
 */
export async function startGrpcPlace(own: ReadonlyMap<string, FrameServer>): Promise<GrpcPlace> {
  await using resources = new AsyncDisposableStack();
  const ports = new Map<string, number>();
  const add = (name: string, server: AsyncDisposable & { readonly port: number }): void => {
    resources.use(server);
    ports.set(name, server.port);
  };
  add("health", await startHealthServer(answerFor));
  add("ipv6", await startHealthServer(answerFor, { host: "::1" }));
  add("bare", await startHealthServer(answerFor, { withService: false }));
  for (const [name, credentials] of Object.entries<ServerCredentials>(secure))
    add(name, await startHealthServer(answerFor, { credentials }));
  const counting = new Map<string, StartedFrameServer>();
  for (const [name, frames] of own) {
    const server = await startFrameServer(frames);
    counting.set(name, server);
    add(name, server);
  }
  // Last, so that no other server is given this port.
  ports.set("closed", CLOSED_PORT);
  const owned = resources.move();
  return {
    port(name) {
      const found = ports.get(name);
      if (found === undefined) throw new Error(`there is no server ${name}`);
      return found;
    },
    forget: (name) => counting.get(name)?.forget(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
