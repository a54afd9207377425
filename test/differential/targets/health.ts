import { Server, ServerCredentials, type ServiceDefinition, status } from "@grpc/grpc-js";
import { certificates } from "./certificates.ts";

/** Serving statuses of `grpc.health.v1`. */
const STATUSES = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2 } as const;

const bytes = { serialize: (value: Buffer) => value, deserialize: (value: Buffer) => value };
const service: ServiceDefinition = {
  check: {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes.serialize,
    requestDeserialize: bytes.deserialize,
    responseSerialize: bytes.serialize,
    responseDeserialize: bytes.deserialize,
  },
};

/** A real health service on loopback. */
export interface HealthServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts a server with the standard health service of gRPC.
 * @param statuses the status of each service; others are unknown
 */
export async function startHealth(
  statuses: Readonly<Record<string, keyof typeof STATUSES>>,
  secure = false,
): Promise<HealthServer> {
  const server = new Server();
  server.addService(service, {
    check(call: { request: Buffer }, done: (error: object | null, reply?: Buffer) => void) {
      // The request is `string service = 1`, so the name follows a tag and a length.
      const found = statuses[call.request.subarray(2).toString()];
      if (found === undefined) done({ code: status.NOT_FOUND, details: "unknown service" });
      else done(null, Buffer.from([0x08, STATUSES[found]]));
    },
  });
  const { cert, key } = certificates.good;
  const credentials = secure
    ? ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }])
    : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}
